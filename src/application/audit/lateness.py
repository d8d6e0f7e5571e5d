"""Events that got their place in the chain long after they happened.

Whoever can write to the database can take events out of the chain, or the head away, and what is
left is linked as if it were new. What they cannot do is say when: that is in each link.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hexkey.domain.audit.chain import Linked

# Sealing takes a second. A restart, an upgrade or a fail-over of the database takes minutes, and
# clocks of instances differ a little; whoever forges has no more than this to do it in.
LATE_AFTER = timedelta(minutes=15)
MOST_LATE = 100  # runs of sealing that are told apart; the last one takes the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Events that were sealed late in one go, and so for one reason.

    Attributes:
        first, last: the instants between which they happened, as they say.
        sealed_from, sealed_to: when they were given their places.
    """

    events: int
    first: datetime
    last: datetime
    sealed_from: datetime
    sealed_to: datetime

    def joined(self, at: datetime, sealed_at: datetime) -> "Late":
        """With one event more."""
        return replace(
            self,
            events=self.events + 1,
            first=min(self.first, at),
            last=max(self.last, at),
            sealed_from=min(self.sealed_from, sealed_at),
            sealed_to=max(self.sealed_to, sealed_at),
        )


@dataclass(slots=True, kw_only=True)
class Lateness:
    """What was sealed late.

    Attributes:
        known_until: what was sealed before this instant is only counted: somebody knows why.
        known: how many those are.
    """

    known_until: datetime | None = None
    known: int = 0
    told: list[Late] = field(default_factory=list)

    def look(self, each: Linked) -> None:
        """Note `each` if it was sealed late."""
        if each.event is None or each.sealed_at is None:
            return
        at, sealed_at = each.event.at, each.sealed_at
        if sealed_at - at <= LATE_AFTER:
            return
        if self.known_until is not None and sealed_at < self.known_until:
            self.known += 1
        elif self.told and self._belongs(sealed_at):
            self.told[-1] = self.told[-1].joined(at, sealed_at)
        else:
            late = Late(events=1, first=at, last=at, sealed_from=sealed_at, sealed_to=sealed_at)
            self.told.append(late)

    def _belongs(self, sealed_at: datetime) -> bool:
        near = sealed_at - self.told[-1].sealed_to <= LATE_AFTER
        return near or len(self.told) == MOST_LATE
