"""What users say about themselves."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from hexkey.domain.errors import HexkeyError
from hexkey.domain.text import composed, is_plain

MAX_FULL_NAME_LENGTH = 200  # code points
MAX_PICTURE_LENGTH = 2048  # characters of the URL


class InvalidProfile(HexkeyError):
    """A full name or a picture that cannot be stored or shown safely."""

    code: ClassVar[str] = "invalid_profile"
    message: ClassVar[str] = "This profile value cannot be used."


@dataclass(frozen=True, slots=True)
class Profile:
    """The optional, self-chosen part of an account; both values may be shown to anyone.

    Attributes:
        full_name: free text in NFC, one line.
        picture: an absolute http(s) URL; Hexkey never fetches it.
    """

    full_name: str | None = None
    picture: str | None = None

    @classmethod
    def parse(cls, *, full_name: str | None, picture: str | None) -> "Profile":
        """Read a profile as its owner typed it; empty text means "none".

        Raises:
            InvalidProfile: if a value is over long, holds controls, or is not such a URL.
        """
        return cls(full_name=_name(full_name), picture=_url(picture))


def _name(text: str | None) -> str | None:
    name = composed((text or "").strip(), most=MAX_FULL_NAME_LENGTH)
    if name is None or not is_plain(name):
        raise InvalidProfile
    return name or None


def _url(text: str | None) -> str | None:
    if not text:
        return None
    if len(text) > MAX_PICTURE_LENGTH:  # first: nothing that long is worth reading
        raise InvalidProfile
    try:
        parts = urlsplit(text)
        acceptable = (
            parts.scheme in ("https", "http") and parts.hostname and "@" not in parts.netloc
        )
    except ValueError:
        acceptable = None
    printable = all("!" <= character <= "~" for character in text)
    if not acceptable or not printable:
        raise InvalidProfile
    return text
