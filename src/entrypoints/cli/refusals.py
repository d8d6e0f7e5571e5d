"""What the program says, and which status it ends with, when it does not do what it was asked."""

import errno
import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import typer

_AWAY = "The database cannot be reached, or is busy, full or read-only. Try again in a moment."
_LOOK = "There is no such {}. All of them: hexkey {} list."


class ExitStatus(IntEnum):
    """The statuses that scripts may rely on; part of the public contract."""

    OK = 0
    REFUSED = 1
    USAGE = 2  # typer's own, for options and arguments that do not exist
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5


class CommandRefused(Exception):
    """A command that cannot be carried out as it was given.

    Attributes:
        code: a stable snake_case word for programs.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Refusal:
    """How an error is shown.

    Attributes:
        sentences: one a line; none of them repeats a secret.
    """

    status: ExitStatus
    code: str
    sentences: Sequence[str]

    def show(self) -> None:
        """Write it to standard error."""
        for sentence in self.sentences:
            typer.echo(f"hexkey: {sentence} ({self.code})", err=True)


def refusal_of(error: Exception) -> Refusal | None:
    """How `error` is shown; `None` if it is none that was foreseen."""
    from hexkey.application.ports.storage import StorageUnusable
    from hexkey.domain.errors import HexkeyError
    from hexkey.domain.keys import SigningKeyInUse, SigningKeyNotFound, UnusableKey
    from hexkey.domain.outbox import MessageHasLeft
    from hexkey.entrypoints.settings import BadConfiguration

    match error:
        case BadConfiguration(problems=problems):
            return Refusal(ExitStatus.REFUSED, "bad_configuration", problems)
        case CommandRefused(code=code):
            return Refusal(ExitStatus.REFUSED, code, [str(error)])
        case StorageUnusable():
            return Refusal(ExitStatus.REFUSED, "storage_unusable", [str(error)])
        case (
            (UnusableKey() | SigningKeyNotFound() | SigningKeyInUse() | MessageHasLeft())
            # Of what was open already, most often standard output.
            | OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO, filename=None)
        ):
            return _refusal_without_code(error)
        case HexkeyError():
            return _refusal_of_ours(error)
    return None


def _refusal_without_code(error: Exception) -> Refusal:
    """How an error is shown that no HTTP client ever sees."""
    from hexkey.domain.keys import SigningKeyInUse, SigningKeyNotFound
    from hexkey.domain.outbox import MessageHasLeft

    match error:
        case OSError():
            sentence = f"What there is to say cannot be written: {error.strerror}."
            return Refusal(ExitStatus.REFUSED, "cannot_write", [sentence])
        case MessageHasLeft():
            sentence = "This message has left, or was for nobody: nothing is kept to be sent."
            return Refusal(ExitStatus.CONFLICT, "message_has_left", [sentence])
        case SigningKeyNotFound():
            return Refusal(ExitStatus.NOT_FOUND, "not_found", ["There is no such key."])
        case SigningKeyInUse():
            sentence = "This key signs. Let another one do that first: hexkey keys rotate --now."
            return Refusal(ExitStatus.CONFLICT, "key_in_use", [sentence])
    return Refusal(ExitStatus.REFUSED, "unusable_key", [_sentence(str(error))])


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}."


def _refusal_of_ours(error: Any) -> Refusal:
    from hexkey.domain.access import RoleBuiltIn, RoleInUse
    from hexkey.domain.accounts.password import HashingOverloaded
    from hexkey.domain.accounts.user import EmailTaken, LastAdministrator, UsernameTaken
    from hexkey.domain.errors import TemporarilyUnavailable
    from hexkey.domain.webhooks import InvalidWebhook

    missing = _missing(error)
    if missing is not None:
        return Refusal(ExitStatus.NOT_FOUND, error.code, [missing])
    status, sentences = ExitStatus.REFUSED, [error.message]
    match error:
        case InvalidWebhook():
            sentences = [error.message, _events()]
        case UsernameTaken() | EmailTaken() | LastAdministrator() | RoleInUse() | RoleBuiltIn():
            status = ExitStatus.CONFLICT
        case HashingOverloaded():
            status = ExitStatus.UNAVAILABLE
        case TemporarilyUnavailable():
            status, sentences = ExitStatus.UNAVAILABLE, [_AWAY]
    return Refusal(status, error.code, sentences)


def _missing(error: Any) -> str | None:
    """What is said of something that is not there; `None` if that is not what is wrong."""
    from hexkey.application.audit.searching import ExplanationNotFound
    from hexkey.domain.access import RoleNotFound
    from hexkey.domain.accounts.user import UserNotFound
    from hexkey.domain.outbox import MessageNotFound
    from hexkey.domain.sessions.api_key import ApiKeyNotFound
    from hexkey.domain.webhooks import WebhookNotFound

    sentences = {
        UserNotFound: "There is no such user.",
        MessageNotFound: _LOOK.format("message", "outbox"),
        WebhookNotFound: _LOOK.format("webhook", "webhooks"),
        RoleNotFound: _LOOK.format("role", "roles"),
        ApiKeyNotFound: "This user has no such key.",
        ExplanationNotFound: ExplanationNotFound.message,
    }
    return sentences.get(type(error))


def _events() -> str:
    from hexkey.domain.webhooks import MOST_ENDPOINTS, WEBHOOK_EVENTS

    return f"At most {MOST_ENDPOINTS} webhooks. Events: {', '.join(sorted(WEBHOOK_EVENTS))}."


def unforeseen(error: Exception) -> Refusal:
    """How a defect is shown: without its message, which may hold values of rows or statements.

    Where it happened goes to the log, at the level `debug`.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("hexkey.cli").debug("unforeseen %s\n%s", type(error).__name__, where)
    sentence = (
        f"Something went wrong that should not: {type(error).__name__}. "
        "HEXKEY_LOG_LEVEL=debug shows where."
    )
    return Refusal(ExitStatus.REFUSED, "internal_error", [sentence])
