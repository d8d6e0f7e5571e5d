"""The file that a filter is made in, which two commands must not work in at once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class FilterInMaking(Exception):
    """Another command makes the same filter; the message is for people."""


@contextmanager
def held(partial: Path) -> Iterator[BinaryIO]:
    """The file, made if there is none, while nobody else has it; removed if it stays empty.

    Raises:
        FilterInMaking: if somebody has it. Who was killed does not.
        OSError: if it cannot be opened.
    """
    with _locked(partial) as opened:
        try:
            yield opened
        finally:
            if not os.fstat(opened.fileno()).st_size:
                partial.unlink()


def _locked(partial: Path) -> BinaryIO:
    while True:
        opened = open(partial, "r+b", opener=_making)  # noqa: SIM115 - `held` closes it
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have put it in the filter's place, or removed it, meanwhile.
            if partial.exists() and os.path.samestat(partial.stat(), os.fstat(opened.fileno())):
                return opened
        except BlockingIOError:
            opened.close()
            raise FilterInMaking("Another command makes this filter: wait for its end.") from None
        opened.close()


def _making(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o666)
