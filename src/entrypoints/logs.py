"""Logs: one JSON object a line, whatever is in it; or lines for a terminal."""

import logging
import sys
from typing import Any

import structlog

from hexkey.entrypoints.settings import Settings

# Attributes that our own calls put on a record; nothing else of it is logged.
_EXTRA = ("request_id", "method", "path", "status", "client", "milliseconds")


def configure_logging(settings: Settings) -> None:
    """Send the messages of Hexkey and of its server to standard error.

    Libraries speak only when something is wrong: at lower levels several of them log the values
    of statements and rows, and so password hashes.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings.log_format))
    logging.raiseExceptions = False  # or a broken call would print its arguments, line by line
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hexkey").setLevel(settings.log_level.upper())
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)


def _formatter(style: str) -> logging.Formatter:
    render: Any = (
        # ASCII only: U+2028 and terminal escapes come out as \u escapes, never raw.
        structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=False)
        if style == "json"
        else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ExtraAdder(allow=_EXTRA),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            render,
        ],
    )
