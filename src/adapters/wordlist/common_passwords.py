"""The list of common passwords: sorted digests in a file that stays on the disk.

A set of strings would take 20 MB in every worker; the mapped file takes a megabyte, once for
all of them. `tools/build_common_passwords.py` makes it.
"""

import hashlib
import mmap
import struct
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from hexkey.application.ports.passwords import CommonPasswords
from hexkey.domain.accounts.password import Password

LIST_FILE = Path(__file__).with_name("common_passwords.bin")

# With 48 bits and 190,000 entries, one of 1.5 * 10^9 uncommon passwords is taken for a common one.
DIGEST_OCTETS = 6

_HEADER = struct.Struct(">4sBBxxI")  # magic, version, octets per digest, count
_MAGIC = b"HXCP"
_VERSION = 1


def folded(text: str) -> str:
    """The form in which passwords are listed and looked up."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def packed(passwords: Iterable[str]) -> bytes:
    """A file with these passwords, already folded."""
    digests = sorted({_digest(password) for password in passwords})
    header = _HEADER.pack(_MAGIC, _VERSION, DIGEST_OCTETS, len(digests))
    return header + b"".join(digests)


class PackedCommonPasswords(CommonPasswords):
    """Looks a password up by its digest.

    Raises:
        ValueError: if the file is not such a list, or was cut.
    """

    def __init__(self, file: Path = LIST_FILE) -> None:
        with file.open("rb") as opened:
            self._list = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        self._count = _count_of(self._list)

    def __len__(self) -> int:
        return self._count

    def contains(self, password: Password) -> bool:
        wanted = _digest(folded(password.text))
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low < self._count and self._at(low) == wanted

    def _at(self, position: int) -> bytes:
        start = _HEADER.size + position * DIGEST_OCTETS
        return self._list[start : start + DIGEST_OCTETS]


def _count_of(data: mmap.mmap) -> int:
    if len(data) < _HEADER.size:
        raise ValueError("the list of common passwords has no header")
    magic, version, octets, count = _HEADER.unpack(data[: _HEADER.size])
    expected = (_MAGIC, _VERSION, DIGEST_OCTETS, _HEADER.size + count * DIGEST_OCTETS)
    if (magic, version, octets, len(data)) != expected:
        raise ValueError("the list of common passwords is damaged, or of another version")
    return int(count)


def _digest(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(octets).digest()[:DIGEST_OCTETS]
