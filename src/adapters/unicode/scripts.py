"""Which writing systems a text uses, and which of them may stand together."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from hexkey.adapters.unicode.confusable_data import load_json

_NEUTRAL = frozenset({"COMMON", "INHERITED"})

# "Highly restrictive" of UTS #39 §5.2: one script, or what East Asian text really mixes.
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_UNKNOWN = "UNKNOWN"


def is_one_script(text: str) -> bool:
    """Whether `text` keeps to one writing system, or to a mixture people really write.

    Cyrillic letters among Latin ones are there to deceive.
    """
    if text.isascii():
        return True
    used = {_ranges().script_of(character) for character in text} - _NEUTRAL
    if _UNKNOWN in used:
        return False
    return len(used) <= 1 or any(used <= allowed for allowed in _TOGETHER)


@dataclass(frozen=True, slots=True)
class _Ranges:
    starts: Sequence[int]
    ends: Sequence[int]
    scripts: tuple[str, ...]

    def script_of(self, character: str) -> str:
        position = bisect_right(self.starts, ord(character)) - 1
        if position < 0 or ord(character) > self.ends[position]:
            return _UNKNOWN
        return self.scripts[position]


@cache
def _ranges() -> _Ranges:
    data = load_json("categories.json")
    names = data["iso_15924_aliases"]
    ranges = sorted(data["code_points_ranges"])
    return _Ranges(
        starts=array("L", (start for start, _, _, _ in ranges)),
        ends=array("L", (end for _, end, _, _ in ranges)),
        scripts=tuple(names[script] for _, _, script, _ in ranges),
    )
