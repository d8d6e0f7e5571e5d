"""Logs: one JSON object a line, whatever is in it; or lines for a terminal.

Each line says which request it belongs to, and none holds what looks like a secret.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from hexkey.application.audit.context import current_request
from hexkey.entrypoints.log_sink import UnblockedHandler
from hexkey.entrypoints.masking import scrubbed
from hexkey.entrypoints.settings import Settings

# Attributes that our own calls put on a record; nothing else of it is logged.
_EXTRA = ("request_id", "method", "path", "query", "status", "client", "milliseconds")


def configure_logging(settings: Settings) -> None:
    """Send the messages of Hexkey and of its server to standard error.

    Libraries speak only when something is wrong: at lower levels several of them log the values
    of statements and rows, and so password hashes.
    """
    handler = UnblockedHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.raiseExceptions = False  # or a broken call would print its arguments, line by line
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hexkey").setLevel(settings.log_level.upper())
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII: U+2028 and terminal escapes are never written raw."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of `record`, without its end."""
        return json.dumps(self.members(record), ensure_ascii=True, default=str)

    def members(self, record: logging.LogRecord) -> dict[str, object]:
        """What is logged of `record`, in the order in which people read it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        members: dict[str, object] = {
            "timestamp": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": scrubbed(record.getMessage()),
        }
        request = current_request().request_id
        if request is not None:
            members["request_id"] = request
        given = {name: vars(record)[name] for name in _EXTRA if name in vars(record)}
        members |= {n: scrubbed(it) if isinstance(it, str) else it for n, it in given.items()}
        if record.exc_info:
            members["exception"] = scrubbed(self.formatException(record.exc_info))
        return members


class TextLines(JsonLines):
    """`name=value` pairs; values are quoted as in Python, so that none breaks its line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of `record`, without its end."""
        return " ".join(f"{name}={value!a}" for name, value in self.members(record).items())
