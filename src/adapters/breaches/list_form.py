"""Of which form a list of passwords is, told from its first lines.

What is not understood must not be taken for words: a filter of digests that were hashed once more
is whole to look at, and knows nobody's password.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

LINES_LOOKED_AT = 1000
UTF8_MARK = b"\xef\xbb\xbf"

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHA1 = re.compile(rb"[0-9A-Fa-f]{40}(:[0-9]+)?")
_NTLM = re.compile(rb"[0-9A-Fa-f]{32}:[0-9]+")
_ENDING = re.compile(rb"[0-9A-Fa-f]{35}:[0-9]+")
_LIKE_A_DIGEST = re.compile(rb"[0-9A-Fa-f]{32}")
_EXPECTED = "a line has to be SHA-1:COUNT, SHA-1 in 40 hexadecimal digits, or a password as it is"


class UnusableList(Exception):
    """Not a list that a filter can be made of; the message tells the offset, and never a line."""


class ListForm(Enum):
    """What is on each line."""

    COUNTED_DIGESTS = auto()
    DIGESTS = auto()
    WORDS = auto()


def form_of(lines: Sequence[bytes]) -> ListForm:
    """The form of a list that begins with `lines`, of which none is blank.

    The first one decides, if it is of a known form; else they are words, unless most of them look
    like digests. A few of those are among words that people have lost.

    Raises:
        UnusableList: if it is of no form that a filter can be made of.
    """
    if any(it.startswith(_UTF16_MARKS) or b"\0" in it for it in lines[:1]):
        raise UnusableList("The list is in UTF-16, or not text at all; UTF-8 is needed.")
    first = lines[0].strip() if lines else b""
    if _SHA1.fullmatch(first):
        return ListForm.COUNTED_DIGESTS if b":" in first else ListForm.DIGESTS
    if _NTLM.fullmatch(first):
        raise UnusableList("The list holds NTLM digests; the one with SHA-1 is needed.")
    if _ENDING.fullmatch(first):
        raise UnusableList("The list holds endings of digests; whole ones are needed.")
    if 2 * sum(_LIKE_A_DIGEST.search(it) is not None for it in lines) > len(lines):
        raise UnusableList(f"The list holds digests in a form that is not known: {_EXPECTED}.")
    return ListForm.WORDS
