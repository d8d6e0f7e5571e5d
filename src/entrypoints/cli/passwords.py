"""Passwords on their way in: from a terminal without echo, or from standard input."""

import getpass
import sys

from hexkey.entrypoints.cli.refusals import CommandRefused

_MAX_LINE = 8192  # bytes; the longest password has 1,024


def read_password() -> str:
    """The password that somebody types twice, or the first line of standard input.

    Never an argument or a variable: other users of the machine could read those.

    Raises:
        CommandRefused: if there is none, or the two differ.
    """
    password = _typed() if sys.stdin.isatty() else _piped()
    if not password:
        raise CommandRefused("password_missing", "No password was given.")
    return password


def _typed() -> str:
    try:
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandRefused("passwords_differ", "The two passwords differ.")
    except EOFError:
        return ""
    return password


def _piped() -> str:
    line = sys.stdin.buffer.readline(_MAX_LINE)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CommandRefused("password_unreadable", "The password is not UTF-8.") from None
