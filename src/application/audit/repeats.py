"""Refusals that come in floods, because to be refused costs nothing: one in a while is told."""

from dataclasses import dataclass, field
from datetime import timedelta

TELL_EVERY = timedelta(minutes=1)
MOST_TOLD_APART = 100  # of one process; beyond that they are told together
_OTHERS = ""

_SECONDS = TELL_EVERY.total_seconds()


@dataclass(slots=True)
class _Told:
    at: float
    left_out: int = 0  # since then


@dataclass(slots=True)
class Repeats:
    """What was told of each source of refusals, and how often it has come since.

    However many sources there are, and however often each comes, no more than `MOST_TOLD_APART`
    and one are told in `TELL_EVERY`.
    """

    _told: dict[str, _Told] = field(default_factory=dict)

    def left_out(self, source: str, *, at: float) -> int | None:
        """How many were left out since the last one was told; `None` if this one is, too.

        A source that was silent for long may be forgotten, with its number.

        Args:
            at: an instant of `Clock.monotonic`.
        """
        known = self._told.get(source)
        if known is None and not self._has_room(at):
            source, known = _OTHERS, self._told.get(_OTHERS)
        if known is not None and at - known.at < _SECONDS:
            known.left_out += 1
            return None
        self._told[source] = _Told(at)
        return 0 if known is None else known.left_out

    def _has_room(self, at: float) -> bool:
        if len(self._told) >= MOST_TOLD_APART:
            self._told = {
                source: told for source, told in self._told.items() if at - told.at < _SECONDS
            }
        return len(self._told) < MOST_TOLD_APART
