"""Text in the two disguises in which mail carries it (RFC 2047, RFC 2045)."""

import binascii
import re
from collections.abc import Iterator

# An encoded word has at most 75 characters (RFC 2047 §2); 45 bytes are 60 in base64, and 12 more.
_WORD_BYTES = 45
_LINE_END = re.compile(r"\r\n?")
_IN_HEADER_AS_IT_IS = 60  # characters; longer text is folded, and folding plain text has pitfalls


def header_words(text: str) -> str:
    """`text` for a header: as it is if that is safe, otherwise as encoded words.

    Whatever `text` holds, the result is ASCII and cannot begin another header: its only line ends
    are followed by a space.
    """
    if _is_harmless(text):
        return text
    return "\r\n ".join(f"=?utf-8?b?{_base64(piece)}?=" for piece in _pieces(text))


def body_lines(text: str) -> bytes:
    """`text` as quoted-printable, in lines of at most 76 characters that end with CRLF.

    Whatever `text` holds, no line of the result is a single period, and none holds `=_`.
    """
    unix = _LINE_END.sub("\n", text)
    encoded = binascii.b2a_qp(unix.encode("utf-8", "replace"), istext=True)
    return encoded.replace(b"\n", b"\r\n")


def _is_harmless(text: str) -> bool:
    return (
        text.isascii()
        and text.isprintable()
        and "=?" not in text
        and text == text.strip()
        and 0 < len(text) <= _IN_HEADER_AS_IT_IS
    )


def _base64(piece: bytes) -> str:
    return binascii.b2a_base64(piece, newline=False).decode("ascii")


def _pieces(text: str) -> Iterator[bytes]:
    """The UTF-8 of `text` in pieces, none of which ends inside of a character."""
    octets = text.encode("utf-8", "replace")
    start = 0
    while start < len(octets):
        end = start + _WORD_BYTES
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a follower
            end -= 1
        yield octets[start:end]
        start = end
