"""Looking a password up in a filter that stays on the disk."""

import hashlib
import mmap
from pathlib import Path

from hexkey.adapters.breaches.bit_check import COUNTED_WHOLE, looks_sound
from hexkey.adapters.breaches.filter_file import FilterHeader
from hexkey.application.ports.passwords import BreachedPasswords
from hexkey.domain.accounts.password import Password


class FilteredBreaches(BreachedPasswords):
    """A filter that `hexkey passwords build-filter` has made.

    It is mapped, so that all workers share what of it is in memory; a look-up touches as many
    pages as it has probes, some ten.

    Args:
        file: must not be changed while it is in use; put a newer one in its place by renaming.

    Raises:
        ValueError: if it is no such filter, is not complete, was cut, or has lost its bits; the
            message goes on after the file's name.
        OSError: if it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self.header = FilterHeader.parse(opened.read(64))
            self._octets = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        if not self.header.complete:
            raise ValueError("is not complete: run the command that makes it again")
        if len(self._octets) != self.header.octets:
            raise ValueError("is damaged: it has not the length that its header tells")
        if self.header.octets > COUNTED_WHOLE:  # what lies around a bit is not worth reading ahead
            self._octets.madvise(mmap.MADV_RANDOM)
        if not looks_sound(self._octets, self.header):
            raise ValueError("is damaged: its bits are not those that its header tells of")

    async def contains(self, password: Password) -> bool:
        return self.has(digest_of(password))

    def has(self, digest: bytes) -> bool:
        """Whether this SHA-1 digest is in it, or is one of few that look as if they were."""
        return all(self._octets[at] & mask for at, mask in self.header.places(digest))


def digest_of(password: Password) -> bytes:
    """SHA-1 of the password in UTF-8: the form in which collections are published."""
    octets = password.text.encode("utf-8", "surrogatepass")
    return hashlib.sha1(octets, usedforsecurity=False).digest()
