"""RF-32: a log that nobody reads."""

import fcntl
import io
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from hexkey.entrypoints.log_sink import UnblockedHandler


@dataclass
class Pipe:
    """A pipe that holds a page or so, and a logger that writes to it."""

    reading: int
    logger: logging.Logger

    def read(self) -> str:
        os.set_blocking(self.reading, False)
        found = b""
        try:
            while piece := os.read(self.reading, 65536):
                found += piece
        except BlockingIOError:
            pass
        return found.decode()


def logger_to(stream: TextIO) -> logging.Logger:
    logger = logging.Logger("a test's own")  # noqa: LOG001 - that nobody else can get
    logger.addHandler(UnblockedHandler(stream))
    return logger


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 8192)
    with os.fdopen(writing, "w") as stream:
        yield Pipe(reading, logger_to(stream))
    os.close(reading)


class TestALogThatNobodyReads:
    def test_rf_32_loses_lines_and_says_how_many(self, pipe: Pipe) -> None:
        for number in range(1000):
            pipe.logger.warning("line %d %s", number, "x" * 90)
        kept = pipe.read().splitlines()
        pipe.logger.warning("and on it goes")

        assert 40 < len(kept) < 100
        assert kept[-1].startswith(f"line {len(kept) - 1} ")
        assert pipe.read().splitlines() == [
            f"{1000 - len(kept)} messages were dropped: nobody took them",
            "and on it goes",
        ]

    def test_rf_32_is_not_waited_for_in_the_middle_of_a_line(self, pipe: Pipe) -> None:
        pipe.logger.warning("%s", "x" * 100_000)
        assert len(pipe.read()) == 8192

        pipe.logger.warning("next")

        assert "1 messages were dropped" in pipe.read()

    @pytest.mark.parametrize("length", [8191, 8192, 8193, 12_000, 100_000])
    def test_rf_32_keeps_a_line_that_was_cut_apart_from_the_next(
        self, pipe: Pipe, length: int
    ) -> None:
        """RF-32: a line of JSON that was cut is no JSON, and must not take the note with it."""
        pipe.logger.warning("%s", "x" * length)
        cut = pipe.read()
        for word in ("next", "last"):
            pipe.logger.warning("%s", word)

        note = ["1 messages were dropped: nobody took them"] if length > 8191 else []
        assert (cut + pipe.read()).splitlines() == ["x" * min(length, 8192), *note, "next", "last"]

    def test_rf_32_keeps_it_apart_once(self, pipe: Pipe) -> None:
        """RF-32: also if the note is cut, or nothing can be written for long."""
        read = ""
        for _ in range(3):
            for length in (100_000, 1, 1):
                pipe.logger.warning("%s", "x" * length)
            read += pipe.read()
        pipe.logger.warning("%s", "y")

        lines = (read + pipe.read()).splitlines()
        assert "" not in lines
        assert lines[-2:] == ["3 messages were dropped: nobody took them", "y"]
        assert {it.strip("x") for it in lines[:-2]} == {"", lines[-2]}

    def test_rf_32_that_has_gone_away_stops_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(logging, "raiseExceptions", False)
        reading, writing = os.pipe()
        with os.fdopen(writing, "w") as stream:
            logger = logger_to(stream)
            os.close(reading)

            logger.warning("into the void")


class TestALogThatIsRead:
    def test_holds_every_line_whole(self, tmp_path: Path) -> None:
        with (tmp_path / "log").open("w") as stream:
            logger = logger_to(stream)
            for number in range(100):
                logger.warning("%d %s", number, "x" * 10_000)

        lines = (tmp_path / "log").read_text().splitlines()
        assert [len(it.partition(" ")[2]) for it in lines] == [10_000] * 100

    def test_may_be_no_file_at_all(self) -> None:
        stream = io.StringIO()
        logger = logger_to(stream)

        logger.warning("\ud800 here")

        assert stream.getvalue() == "\ud800 here\n"
