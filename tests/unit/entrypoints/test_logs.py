"""LG-03 and LG-04: every message is one line, and holds no more than it should."""

import io
import json
import logging
import sys
import warnings
from typing import Literal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hexkey.entrypoints.logs import JsonLines, configure_logging
from hexkey.entrypoints.settings import Settings
from tests.support.program import _logging_put_back

__all__ = ["_logging_put_back"]

pytestmark = pytest.mark.usefixtures("_logging_put_back")

NASTY = [
    "two\nlines",
    "\r\noverwritten",
    "\u2028separator\u2029",
    "\x1b[31mred\x1b[0m",
    'a "quote" and a \\backslash',
    "\x00\x07\x7f\x85\x9b31m",
    "\ud800",
    "\u202egnp.exe",
    "{}%s%d%(x)s",
]
FORMATS: list[Literal["json", "text"]] = ["json", "text"]


@pytest.fixture(params=FORMATS)
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def log(style: Literal["json", "text"], monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What standard error receives."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging(Settings(log_format=style, log_level="debug"))
    return written


def lines(log: io.StringIO) -> list[str]:
    """Everything since the last call."""
    text = log.getvalue()
    log.seek(0)
    log.truncate()
    return text.split("\n")[:-1]


def unobserved() -> None:
    """Take away pytest's own handlers, which it adds anew for each phase of a test.

    They would keep the text raw, and one with a lone surrogate cannot be sent from a worker of
    pytest-xdist to the process that reports.
    """
    root = logging.getLogger()
    root.handlers[:] = [h for h in root.handlers if isinstance(h.formatter, JsonLines)]


def is_one_harmless_line(line: str) -> bool:
    return len(line.splitlines()) == 1 and line.isprintable()


class TestLogLine:
    @pytest.mark.parametrize("text", NASTY)
    def test_is_one_line_whatever_is_in_it(self, style: str, log: io.StringIO, text: str) -> None:
        """LG-04."""
        unobserved()
        logging.getLogger("hexkey.test").info("got %s", text, extra={"path": text})
        logging.getLogger("hexkey.test").info(text)

        written = lines(log)

        assert len(written) == 2
        assert all(map(is_one_harmless_line, written))
        if style == "json":
            assert json.loads(written[0])["event"] == f"got {text}"
            assert json.loads(written[0])["path"] == text

    @given(text=st.text(max_size=50))
    @hypothesis_settings(
        max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_is_one_line_for_any_text(self, style: str, log: io.StringIO, text: str) -> None:
        """LG-04."""
        unobserved()
        logging.getLogger("hexkey.test").info("got %s", text)

        (line,) = lines(log)
        assert is_one_harmless_line(line)

    def test_is_one_line_also_with_a_traceback(self, style: str, log: io.StringIO) -> None:
        """LG-04."""
        unobserved()
        try:
            raise ValueError("\n".join(NASTY))
        except ValueError:
            logging.getLogger("hexkey.test").exception("failed")

        (line,) = lines(log)
        assert is_one_harmless_line(line)
        assert "Traceback" in line

    def test_holds_only_the_extras_that_are_ours(self, style: str, log: io.StringIO) -> None:
        """LG-03."""
        logging.getLogger("hexkey.test").info("x", extra={"password": "c4n4ry", "status": 200})

        (line,) = lines(log)
        assert "c4n4ry" not in line
        assert "200" in line

    def test_of_a_broken_call_shows_nothing_of_its_arguments(
        self, style: str, log: io.StringIO
    ) -> None:
        """LG-03."""
        logging.getLogger("hexkey.test").info("%d", "c4n4ry")

        assert "c4n4ry" not in log.getvalue()

    def test_of_a_library_appears_only_when_something_is_wrong(
        self, style: str, log: io.StringIO
    ) -> None:
        """LG-03: at lower levels drivers log statements with their values."""
        for library in ("sqlalchemy.engine", "aiosqlite", "asyncio", "asyncpg"):
            logging.getLogger(library).debug("c4n4ry")
            logging.getLogger(library).info("c4n4ry")
            logging.getLogger(library).warning("trouble")

        written = lines(log)

        assert len(written) == 4
        assert not any("c4n4ry" in line for line in written)

    def test_is_what_a_warning_becomes(self, style: str, log: io.StringIO) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn("odd\nthing", stacklevel=1)

        (line,) = lines(log)
        assert is_one_harmless_line(line)
