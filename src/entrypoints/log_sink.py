"""Where log lines go, and what happens when nobody takes them."""

import logging
import os
import select
from io import UnsupportedOperation
from typing import TextIO

_PIECE = 4096  # octets; a pipe that is ready takes so many at once (POSIX, PIPE_BUF)
_PATIENCE = 50  # milliseconds, in the middle of a line


class UnblockedHandler(logging.StreamHandler[TextIO]):
    """Writes to a file, a terminal or a pipe, and drops what cannot be written at once.

    A collector that hangs fills the pipe to it; to wait for it would stop every request. How much
    was dropped is told when it reads again, on a line of its own, whatever was cut before. Where
    several processes share the pipe, two of them may see the same last free piece of it, and one
    waits; and what another of them writes may follow on a line that was cut.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._descriptor = _descriptor_of(stream)
        self._dropped = 0
        self._is_cut = False  # what was written last is a line without its end

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of `record`, or count it."""
        if self._descriptor is None:
            super().emit(record)
            return
        try:
            line = self.format(record) + self.terminator
            if self._dropped and self._write(self._note(record)):
                self._dropped = 0
            if self._dropped or not self._write(line):
                self._dropped += 1
        except Exception:  # noqa: BLE001 - as every handler of the standard library does
            self.handleError(record)

    def _note(self, record: logging.LogRecord) -> str:
        text = f"{self._dropped} messages were dropped: nobody took them"
        note = logging.LogRecord(
            "hexkey.logs", logging.WARNING, "", 0, text, None, None, func=record.funcName
        )
        return self.format(note) + self.terminator

    def _write(self, line: str) -> bool:
        descriptor = self._descriptor
        if descriptor is None or not _is_ready(descriptor, 0):
            return False
        begin = self.terminator if self._is_cut else ""
        octets = f"{begin}{line}".encode("utf-8", "backslashreplace")
        while octets:
            octets = octets[os.write(descriptor, octets[:_PIECE]) :]
            self._is_cut = bool(octets)
            if octets and not _is_ready(descriptor, _PATIENCE):
                return False
        return True


def _descriptor_of(stream: TextIO) -> int | None:
    """`None` for a stream that is in this process only."""
    try:
        return stream.fileno()
    except (UnsupportedOperation, AttributeError):
        return None


def _is_ready(descriptor: int, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(milliseconds))
