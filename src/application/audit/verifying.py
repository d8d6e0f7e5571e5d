"""Finding out whether the audit trail is what was written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.audit.lateness import Late, Lateness
from hexkey.application.ports.audit import AuditChain, ChainSealer
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.chain import START, ChainHead, Linked

UNSEALED_FOR = timedelta(minutes=1)  # sealing takes a second; what waits longer is suspicious
MOST_FINDINGS = 100
_BATCH = 500
_MOST_TIMES = 10  # begun again, as retention deletes in batches; what is wrong stays wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it was written.

    Attributes:
        sequence: where in the chain; `None` if it is about all of it.
        problem: a word for programs.
    """

    sequence: int | None
    problem: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Verification:
    """What was looked at, and what is wrong with it.

    Attributes:
        checked: events whose link was made again and compared.
        head: of the chain, to be kept elsewhere and shown again the next time.
        lateness: what was sealed long after it happened. That is no proof of anything; but whoever
            rewrites the trail by way of the database cannot do it without.
    """

    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    head: ChainHead | None = None
    lateness: Lateness = field(default_factory=Lateness)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and nothing was sealed late for a reason that nobody knows."""
        return not self.findings and not self.late

    @property
    def late(self) -> Sequence[Late]:
        """What was sealed late, and nobody knows why."""
        return self.lateness.told

    def found(self, sequence: int | None, problem: str, sentence: str) -> None:
        """Note what is wrong, as long as there is room."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(sequence=sequence, problem=problem, sentence=sentence))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that somebody has kept outside of the database.

    It finds what nothing inside can: a database that was put back to an older state.
    """

    sequence: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAuditTrail:
    """Make every link again, from the tombstone to the head."""

    chain: AuditChain
    sealer: ChainSealer
    clock: Clock

    async def __call__(
        self, *, anchor: Anchor | None = None, late_until: datetime | None = None
    ) -> Verification:
        """Return what was found; events may be written and sealed meanwhile.

        Args:
            anchor: a head of an earlier time, through which the chain must still go.
            late_until: what was sealed late before this instant was so for a reason that is known.
        """
        for _ in range(_MOST_TIMES):
            lateness = Lateness(known_until=late_until)
            result = Verification(head=await self.chain.head(), lateness=lateness)
            await self._verify(result, anchor)
            if not result.findings or not await self._has_moved(result.head):
                break
        return result

    async def _has_moved(self, head: ChainHead | None) -> bool:
        """Whether retention has deleted meanwhile what was looked for, or the chain was begun."""
        now = await self.chain.head()
        if now is None or not self.sealer.is_ours(now):
            return False
        return head is None or now.pruned_to > head.pruned_to

    async def _verify(self, result: Verification, anchor: Anchor | None) -> None:
        await self._unsealed(result)
        if result.head is None:
            await self._no_head(result, anchor)
            return
        if not self.sealer.is_ours(result.head):
            result.found(None, "forged_head", "The head of the chain was not sealed by us.")
        await self._links(result, result.head, anchor)

    async def _no_head(self, result: Verification, anchor: Anchor | None) -> None:
        if await self.chain.linked(after=None, limit=1):
            result.found(None, "no_head", "There are linked events, but no head of the chain.")
        if anchor is not None:
            result.found(anchor.sequence, "anchor_missing", "The chain no longer goes so far.")

    async def _unsealed(self, result: Verification) -> None:
        oldest = await self.chain.oldest_unsealed()
        if oldest is not None and self.clock.now() - oldest > UNSEALED_FOR:
            at = oldest.isoformat(timespec="seconds")
            sentence = f"An event of {at} has no place in the chain yet. Is a server running?"
            result.found(None, "unsealed", sentence)

    async def _links(self, result: Verification, head: ChainHead, anchor: Anchor | None) -> None:
        place, digest = head.pruned_to, head.pruned_digest
        await self._early(result, head)
        walk = _Walk(result, place, digest, anchor)
        while walk.place < head.sequence:
            batch = await self.chain.linked(after=walk.place, limit=_BATCH)
            within = [each for each in batch if each.sequence <= head.sequence]
            if not within:
                break
            for each in within:
                walk.step(each)
        if walk.place != head.sequence or walk.digest != head.digest:
            sentence = f"The chain ends at {walk.place}, its head is at {head.sequence}."
            result.found(head.sequence, "wrong_end", sentence)
        if anchor is not None:
            _compare_outside(result, head, anchor)
        await self._beyond(result, head)

    async def _early(self, result: Verification, head: ChainHead) -> None:
        """Nothing stands before the place at which what is left begins."""
        early = await self.chain.linked(after=None, limit=1)
        if not early or early[0].sequence > head.pruned_to:
            return
        place = early[0].sequence
        if place < 1:
            result.found(place, "before_start", "There are events before the first place of all.")
        else:
            sentence = "There are events from before the tombstone of those that were deleted."
            result.found(place, "before_tombstone", sentence)

    async def _beyond(self, result: Verification, head: ChainHead) -> None:
        """What was linked after the head had been read must belong to a later one."""
        later = await self.chain.linked(after=head.sequence, limit=1)
        if not later:
            return
        current = await self.chain.head()
        if current is None or current.sequence < later[0].sequence:
            sentence = "There are linked events beyond the head of the chain."
            result.found(later[0].sequence, "beyond_head", sentence)


def _compare_outside(result: Verification, head: ChainHead, anchor: Anchor) -> None:
    """What the walk over the events does not come by: what is gone, and what is not there yet."""
    if anchor.sequence > head.sequence:
        result.found(anchor.sequence, "anchor_missing", "The chain no longer goes so far.")
    elif anchor.sequence == head.pruned_to and anchor.digest != head.pruned_digest:
        result.found(anchor.sequence, "anchor_differs", "It was another event before.")
    elif anchor.sequence < head.pruned_to:
        sentence = (
            "The event of this head was deleted as too old, so the head proves nothing any more. "
            "Name a later one; if there is none, compare what is left with a backup."
        )
        result.found(anchor.sequence, "anchor_pruned", sentence)


@dataclass(slots=True)
class _Walk:
    """From link to link; after a wrong one it goes on from what is stored, to find the others."""

    result: Verification
    place: int
    digest: str
    anchor: Anchor | None
    timed: bool = False

    def step(self, each: Linked) -> None:
        if each.sequence != self.place + 1:
            missing = each.sequence - self.place - 1
            sentence = f"{missing} events after {self.place} are missing."
            self.result.found(self.place + 1, "gap", sentence)
        if each.event is None:
            self.result.found(each.sequence, "unreadable", "The event is gone or unreadable.")
        elif not each.follows(self.digest):
            sentence = f"Event {each.event.id} is not what was written, or not in its place."
            self.result.found(each.sequence, "changed", sentence)
        else:
            self.result.checked += 1
            self._time(each)
        self.place, self.digest = each.sequence, each.digest
        anchor = self.anchor
        if anchor and anchor.sequence == each.sequence and anchor.digest != each.digest:
            self.result.found(each.sequence, "anchor_differs", "It was another event before.")

    def _time(self, each: Linked) -> None:
        """No instance that seals with its time is followed by one that does not."""
        self.result.lateness.look(each)
        if self.timed and each.sealed_at is None:
            sentence = "It was sealed without its time, after others were sealed with theirs."
            self.result.found(each.sequence, "untimed", sentence)
        self.timed = self.timed or each.sealed_at is not None


def intact(head: ChainHead, events: Sequence[Linked]) -> bool:
    """Whether `events` follow the tombstone of `head` without a gap, as they were written."""
    digest = head.pruned_digest or START
    for place, each in enumerate(events, start=head.pruned_to + 1):
        if each.sequence != place or not each.follows(digest):
            return False
        digest = each.digest
    return True


def before(events: Sequence[Linked], cutoff: datetime, *, now: datetime) -> Sequence[Linked]:
    """The first of `events`, as long as they are older than `cutoff`.

    One that is of the future, as a clock was wrong once, is as old as the next one that is not.
    """
    old = 0
    for number, each in enumerate(events, start=1):
        if each.event is None or cutoff <= each.event.at <= now:
            break
        if each.event.at < cutoff:
            old = number
    return events[:old]
