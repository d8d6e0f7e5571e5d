"""E-mail addresses: kept as typed for sending, compared by a canonical form."""

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from hexkey.domain.errors import HexkeyError
from hexkey.domain.text import composed, is_plain

MAX_ADDRESS_OCTETS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
MAX_LOCAL_OCTETS = 64  # RFC 5321 §4.5.3.1.1
MAX_EMAIL_KEY_LENGTH = 320  # code points; folding makes some addresses longer

_STRUCTURAL = frozenset("@./\\\r\n")


class InvalidEmail(HexkeyError):
    """The text is not one deliverable address of the form `local@domain`."""

    code: ClassVar[str] = "invalid_email"
    message: ClassVar[str] = "This is not a valid e-mail address."


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A syntactically valid address.

    Made by the `EmailSyntax` port from outside text; the constructor is for rows already known
    good.

    Attributes:
        value: as typed (NFC); mail goes here.
        key: the canonical form; two users never share one. Equal keys mean the same inbox.
    """

    value: str
    key: str


def ensure_unambiguous(text: str) -> str:
    """`text` in NFC, if it cannot turn into another address on the way.

    A character that only *becomes* `@` or `.` when normalized lets one system check one address
    and another system mail a different one (CVE-2026-73420).

    Raises:
        InvalidEmail: if it holds controls, is over long, or has not exactly one ASCII `@`.
    """
    short = composed(text, most=MAX_ADDRESS_OCTETS)
    if short is None:
        raise InvalidEmail
    text = short
    local, at, _ = text.partition("@")
    over_long = (
        len(text.encode("utf-8", "replace")) > MAX_ADDRESS_OCTETS
        or len(local.encode("utf-8", "replace")) > MAX_LOCAL_OCTETS
    )
    if not at or over_long or not is_plain(text) or any(map(_becomes_structural, text)):
        raise InvalidEmail
    if unicodedata.normalize("NFKC", text).count("@") != 1:
        raise InvalidEmail
    return text


def _becomes_structural(character: str) -> bool:
    if character.isascii():
        return False
    return not _STRUCTURAL.isdisjoint(unicodedata.normalize("NFKC", character))


def canonical_key(local: str, ascii_domain: str) -> str:
    """The form by which addresses are compared: no case, no compatibility variants.

    Dots and plus signs stay: `a+b@` and `a@` are two inboxes unless their server says otherwise.

    Args:
        local: the part before the `@`, already validated.
        ascii_domain: the domain as IDNA A-labels.

    Raises:
        InvalidEmail: if the key is longer than `MAX_EMAIL_KEY_LENGTH`.
    """
    key = f"{fold(local)}@{ascii_domain.lower()}"
    if len(key) > MAX_EMAIL_KEY_LENGTH:
        raise InvalidEmail
    return key


def fold(text: str) -> str:
    """Case-fold under compatibility normalization until nothing changes any more.

    One pass is not enough: folding can undo NFKC and NFKC can undo folding (Unicode §3.13, D147).
    """
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            break
        text = folded
    return text
