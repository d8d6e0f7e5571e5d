"""Whether the bits of a filter are those that its header tells of.

How many are set follows from the rate that was measured when the filter was made. A filter of bits
that are all off knows no password, and one of bits that are all on refuses every one.
"""

import math
from collections.abc import Iterator
from mmap import mmap

from hexkey.adapters.breaches.filter_file import HEADER_OCTETS, FilterHeader

COUNTED_WHOLE = 16 * 2**20  # octets; some 15 milliseconds
_PIECES = 128
_PIECE = 4096  # octets; a page
_DEVIATIONS = 8  # of a hundred million million sound pieces not one is so far off


def looks_sound(
    octets: bytes | mmap, header: FilterHeader, *, counted_whole: int = COUNTED_WHOLE
) -> bool:
    """Whether as many bits are set as should be; of a long filter in 128 pages spread over it.

    A gigabyte takes 0.05 seconds so, and three to eleven if it were counted whole, at every start.
    What the pages do not tell is damage to less than a 128th part in a row, or to single bits.
    """
    if header.octets <= counted_whole:
        return bits_set(octets, HEADER_OCTETS, header.octets) == header.ones
    density = header.ones / header.bits
    deviation = math.sqrt(8 * _PIECE * density * (1 - density))
    return all(
        abs(bits_set(octets, start, start + _PIECE) - 8 * _PIECE * density)
        <= _DEVIATIONS * max(deviation, 1)
        for start in _spread(header)
    )


def bits_set(octets: bytes | mmap, start: int, end: int) -> int:
    """How many bits are on from octet `start` to before `end`; never much of it in memory."""
    step = 2**20
    return sum(
        int.from_bytes(octets[at : min(at + step, end)]).bit_count()
        for at in range(start, end, step)
    )


def _spread(header: FilterHeader) -> Iterator[int]:
    """Where pieces begin, from the first bits to the last that are whole octets."""
    room = header.bits // 8 - _PIECE
    for number in range(_PIECES):
        yield HEADER_OCTETS + room * number // (_PIECES - 1)
