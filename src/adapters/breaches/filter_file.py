"""The file of a Bloom filter over SHA-1 digests: what its first 64 octets say.

After the header come the bits, eight an octet, the lowest first. A digest sets `probes` of them:
the first eight octets of SHA-1 are a start and the next eight a step, both as big-endian numbers.
SHA-1 is what collections of breached passwords consist of; here it is a fingerprint, and no secret
depends on it.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

HEADER_OCTETS = 64
DIGEST_OCTETS = 20

_HEADER = struct.Struct(">4sBBBxQQdQQQ")  # padded to HEADER_OCTETS
_HALVES = struct.Struct(">QQ4x")
_MAGIC = b"HXBF"
_VERSION = 1
_MOST_PROBES = 64
_MOST_BITS = 2**43  # a terabyte


@dataclass(frozen=True, slots=True)
class FilterHeader:
    """What is known of a filter without reading its bits.

    Attributes:
        bits: length of the filter.
        probes: how many bits a digest sets.
        entries: how many digests it holds, or was made for while it is not complete.
        false_positives: the share of unknown passwords that it takes for known ones.
        complete: whether everything of its source is in it.
        done: octets of the source that are.
        source_octets: the length of the source, by which a later run knows it again.
        source_changed: when the source was changed, in nanoseconds since 1970; likewise.
    """

    bits: int
    probes: int
    entries: int
    false_positives: float
    complete: bool = False
    done: int = 0
    source_octets: int = 0
    source_changed: int = 0

    @classmethod
    def sized(cls, entries: int, *, false_positives: float) -> Self:
        """The smallest filter that errs so rarely when it holds so many."""
        # Bloom's optimum: n * -ln(p) / ln(2)^2 bits, and as many probes as halve them.
        bits = max(64, math.ceil(entries * -math.log(false_positives) / math.log(2) ** 2))
        probes = max(1, round(-math.log2(false_positives)))
        return cls(bits, probes, entries, false_positives)

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read a header.

        Raises:
            ValueError: if it is none of this version.
        """
        if len(octets) < HEADER_OCTETS:
            raise ValueError("is no filter of breached passwords: it is too short")
        magic, version, probes, complete, *rest = _HEADER.unpack_from(octets)
        bits, entries, rate, done, source_octets, source_changed = rest
        if (magic, version) != (_MAGIC, _VERSION):
            raise ValueError("is no filter of breached passwords, or of another version")
        sane = 1 <= probes <= _MOST_PROBES and 1 <= bits <= _MOST_BITS and complete in (0, 1)
        if not sane or not 0 < rate < 1:
            raise ValueError("is damaged: its header makes no sense")
        return cls(bits, probes, entries, rate, bool(complete), done, source_octets, source_changed)

    @property
    def octets(self) -> int:
        """The length of the whole file."""
        return HEADER_OCTETS + (self.bits + 7) // 8

    @property
    def ones(self) -> int:
        """How many bits of a complete filter are set: what its rate was measured by."""
        return round(self.bits * math.pow(self.false_positives, 1 / self.probes))

    def packed(self) -> bytes:
        """The header as it is stored."""
        packed = _HEADER.pack(
            _MAGIC,
            _VERSION,
            self.probes,
            self.complete,
            self.bits,
            self.entries,
            self.false_positives,
            self.done,
            self.source_octets,
            self.source_changed,
        )
        return packed.ljust(HEADER_OCTETS, b"\0")

    def places(self, digest: bytes) -> Iterator[tuple[int, int]]:
        """The offset in the file and the mask of each bit of `digest`."""
        place, step = _HALVES.unpack(digest)
        step |= 1  # a step of nothing would set one bit, `probes` times
        for _ in range(self.probes):
            bit = place % self.bits
            yield HEADER_OCTETS + (bit >> 3), 1 << (bit & 7)
            place += step
