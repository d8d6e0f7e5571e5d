"""What text from outside may contain before any other rule looks at it.

PostgreSQL refuses NUL where SQLite stores it, and control characters forge log lines and
mail headers, so they stop here and not in an adapter.
"""

import re
import unicodedata

# Characters that reorder what a person sees (Trojan Source, CVE-2021-42574).
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


# Tokens and keys of ours, and signed tokens of anybody's.
_TOKENS = re.compile(r"\b(hxk_[a-z0-9]{2,8}_|eyJ)[A-Za-z0-9_.-]{8,}")

# NFC makes at most this many code points into one (U+1F82 is written with four).
_MOST_COMPOSED = 4


def composed(text: str, *, most: int) -> str | None:
    """`text` in NFC; `None` if that is longer than `most` code points.

    Far too long text is not normalized at all: putting combining marks in order takes time that
    grows with the square of their number, a second for 40,000 of them.
    """
    if len(text) > _MOST_COMPOSED * most:
        return None
    normalized = unicodedata.normalize("NFC", text)
    return normalized if len(normalized) <= most else None


def has_control_characters(text: str) -> bool:
    """Whether `text` holds a C0 or C1 control, NUL, a lone surrogate, or a line separator."""
    return any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)


def one_line(text: str, *, most: int) -> str:
    """`text` with a question mark for each character that may not be stored, cut to `most`."""
    return "".join("?" if has_control_characters(it) else it for it in text[:most])


def without_tokens(text: str) -> str:
    """`text` with asterisks for each token that somebody has put where none belongs."""
    return _TOKENS.sub(r"\1********", text)


def has_bidi_controls(text: str) -> bool:
    """Whether `text` holds a character that changes the direction of what surrounds it."""
    return not _BIDI_CONTROLS.isdisjoint(text)


def is_plain(text: str) -> bool:
    """Whether `text` may be shown, logged and stored as it is."""
    return not (has_control_characters(text) or has_bidi_controls(text))
