"""Reading a list of passwords, a line each, as people publish them: digests, or the words."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hexkey.adapters.breaches.filter_file import DIGEST_OCTETS
from hexkey.adapters.breaches.list_form import (
    LINES_LOOKED_AT,
    UTF8_MARK,
    ListForm,
    UnusableList,
    form_of,
)

MAX_LINE = 8 * 1024  # octets; the longest password has 1,024

_HEX_DIGITS = 2 * DIGEST_OCTETS


@dataclass(frozen=True, slots=True)
class PasswordList:
    """A file with a password on each line, in any order.

    What its first line that is not blank is decides for all: `SHA-1:COUNT` or `SHA-1`, as Have I
    Been Pwned gives them away, or else passwords as they are.

    Attributes:
        least: digests that were seen less often are left out; needs counts.
    """

    path: Path
    least: int = 1

    def digests(self, start: int = 0) -> Iterator[tuple[bytes | None, int]]:
        """From `start`, which is the begin of a line: each digest and where its line ends.

        A line that is left out has no digest.

        Raises:
            UnusableList: if a line is none of those.
            OSError: if it cannot be read.
        """
        read = self._reader()
        begin = start
        for text, end in self._lines(start):
            try:
                yield (read(text) if text else None), end
            except ValueError:
                raise UnusableList(
                    f"The line at octet {begin} is not like the first one."
                ) from None
            begin = end

    def count(self, told: Callable[[int], None]) -> int:
        """How many digests there are, repeated ones included.

        Args:
            told: is given how many octets were read, now and then.
        """
        found = 0
        for number, (digest, end) in enumerate(self.digests()):
            found += digest is not None
            if number % 2**16 == 0:
                told(end)
        return found

    def _lines(self, start: int = 0) -> Iterator[tuple[bytes, int]]:
        """Each line without its end and the mark of UTF-8, and where it ends."""
        with self.path.open("rb") as opened:
            opened.seek(start)
            end = start
            while line := opened.readline(MAX_LINE):
                begin, end = end, end + len(line)
                if len(line) == MAX_LINE and not line.endswith(b"\n"):
                    raise UnusableList(f"The line at octet {begin} is too long.")
                if not begin:
                    line = line.removeprefix(UTF8_MARK)
                yield line.removesuffix(b"\n").removesuffix(b"\r"), end

    def _reader(self) -> Callable[[bytes], bytes | None]:
        looked_at = (text for text, _ in self._lines() if text.strip())
        form = form_of(list(islice(looked_at, LINES_LOOKED_AT)))
        if self.least > 1 and form is not ListForm.COUNTED_DIGESTS:
            raise UnusableList("The list has no counts to leave anything out by.")
        return _from_text if form is ListForm.WORDS else self._from_sha1

    def _from_sha1(self, line: bytes) -> bytes | None:
        line = line.strip()
        if not line:
            return None
        digest = bytes.fromhex(line[:_HEX_DIGITS].decode("ascii"))
        count = line[_HEX_DIGITS:]
        if len(digest) != DIGEST_OCTETS or (count and count[:1] != b":"):
            raise ValueError
        return digest if not count or int(count[1:]) >= self.least else None


def _from_text(line: bytes) -> bytes:
    """Digest of a word; in NFC if it is text, as the passwords of people are."""
    with suppress(UnicodeDecodeError):  # of a service that did not use UTF-8; kept as octets
        line = unicodedata.normalize("NFC", line.decode()).encode()
    return hashlib.sha1(line, usedforsecurity=False).digest()
