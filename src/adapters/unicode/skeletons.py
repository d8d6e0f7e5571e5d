"""What a text looks like, for telling whether two can be told apart (UTS #39 §4)."""

import unicodedata
from collections.abc import Iterator
from functools import cache

from hexkey.adapters.unicode.confusable_data import load_json

# The table writes right-to-left characters between these marks.
_MARKS = str.maketrans("", "", "\u200e\u200f")


def skeleton(text: str) -> str:
    """The same for two texts that look the same; not for showing, nor for reading.

    For instance `m` becomes `rn`, and `1` becomes `l`. Case goes away at the end, which UTS #39
    does not ask for: names are shown in the case their owner chose, and `B0B` looks like `BOB`.
    """
    decomposed = unicodedata.normalize("NFD", text)
    prototype = decomposed.translate(_prototypes()).casefold()
    return unicodedata.normalize("NFD", prototype)


@cache
def _prototypes() -> dict[int, str]:
    """From each character to what it looks like, as `str.translate` wants it."""
    found = dict(_sources_and_prototypes(_neighbors()))
    return {ord(source): _closed(prototype, found) for source, prototype in found.items()}


def _neighbors() -> dict[str, list[str]]:
    table = load_json("confusables.json")
    return {
        key.translate(_MARKS): [other.translate(_MARKS) for other in others]
        for key, others in table.items()
    }


def _sources_and_prototypes(neighbors: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Tell the two ends of each pair apart, which the package's table does not.

    It lists every pair under both ends. A prototype has no prototype, so an end with several
    neighbors is one; of two that have only each other, the source was listed first.
    """
    prototypes: set[str] = set()
    for key, others in neighbors.items():
        if len(others) > 1 or key in prototypes:
            continue
        prototypes.add(others[0])
        yield key, others[0]


def _closed(text: str, found: dict[str, str]) -> str:
    for _ in range(3):
        replaced = "".join(found.get(character, character) for character in text)
        if replaced == text:
            break
        text = replaced
    return text
