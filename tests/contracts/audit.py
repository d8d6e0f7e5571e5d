"""What the ports of the audit trail promise."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.audit import AuditArchive, AuditChain, AuditQuery, ChainSealer
from hexkey.domain.audit.chain import ChainHead, Link
from hexkey.domain.audit.event import AuditEvent, Check, Outcome
from tests.support.audits import an_event
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
SEALED = START + timedelta(seconds=1)
AWKWARD = "\x00\x1b[31m \u2028 \ud800 \U0001f511 \" ' \\ %00 \u0130"

EVERY_SHAPE = [
    an_event(),
    an_event(actor="user:" + "a" * 36, subject="b" * 43, session_hash="c" * 64),
    an_event(client="Firefox", address="2001:db8::1", request_id="r-1"),
    an_event(outcome=Outcome.REFUSED, reason="invalid_credentials"),
    an_event(details={"awkward": AWKWARD, "": "", "long": "\U0001f511" * 5000}),
    an_event(details={f"name {number}": "x" * 200 for number in range(100)}),
    an_event(
        outcome=Outcome.REFUSED,
        explanation=(
            Check(name="first", passed=True, facts={"limit": "5"}),
            Check(name="second", passed=False, facts={"awkward": AWKWARD}),
        ),
    ),
    an_event(
        explanation=tuple(
            Check(name=f"check {number}", passed=True, facts={"fact": "\U0001f511" * 100})
            for number in range(100)
        )
    ),
    an_event(type="of.another_version"),
]


class AuditTrailContract(ABC):
    """Subclass as `TestXxxAuditTrail` and provide the fixtures."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def archive(self) -> AuditArchive:
        """Shows what `store` has committed."""

    @pytest.mark.parametrize("event", EVERY_SHAPE, ids=range(len(EVERY_SHAPE)))
    async def test_keeps_an_event_as_it_was(
        self, store: AccountStore, archive: AuditArchive, event: AuditEvent
    ) -> None:
        async with store.begin() as transaction:
            await transaction.audit.record(event)
            await transaction.commit()

        assert await all_in(archive) == [event]

    async def test_forgets_what_was_not_committed(
        self, store: AccountStore, archive: AuditArchive
    ) -> None:
        """LG-02."""
        async with store.begin() as transaction:
            await transaction.audit.record(an_event())

        assert await all_in(archive) == []

    async def test_keeps_all_of_a_transaction(
        self, store: AccountStore, archive: AuditArchive
    ) -> None:
        events = [an_event(), an_event(), an_event()]
        async with store.begin() as transaction:
            for event in events:
                await transaction.audit.record(event)
            await transaction.commit()

        assert await all_in(archive) == events[::-1]


async def all_in(archive: AuditArchive, **conditions: object) -> list[AuditEvent]:
    """Every event, the latest first."""
    query = replace(AuditQuery(), **conditions)  # type: ignore[arg-type]  # names of fields
    return list(await archive.page(query, after=None, limit=1000))


class AuditArchiveContract(ABC):
    """Subclass as `TestXxxAuditArchive` and provide the fixture."""

    @abstractmethod
    def archive(self) -> AuditArchive: ...

    async def test_adds_all_or_none(self, archive: AuditArchive) -> None:
        events = [an_event(), an_event()]

        await archive.add(events)
        await archive.add([])

        assert await all_in(archive) == events[::-1]

    async def test_adds_the_rest_when_some_are_there_already(self, archive: AuditArchive) -> None:
        """As after a commit whose answer was lost: what comes behind it must not be stuck."""
        there, new = an_event(), an_event()
        await archive.add([there])

        await archive.add([there, new])

        assert await all_in(archive) == [new, there]

    async def test_hands_out_pages_without_gap_or_repeat(self, archive: AuditArchive) -> None:
        events = [an_event() for _ in range(7)]
        await archive.add(events)

        found: list[AuditEvent] = []
        while page := await archive.page(
            AuditQuery(), after=found[-1].id if found else None, limit=3
        ):
            found.extend(page)

        assert found == events[::-1]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("type", "key.made"),
            ("actor", "user:ann"),
            ("subject", "ann"),
            ("outcome", Outcome.REFUSED),
            ("request_id", "r-1"),
        ],
    )
    async def test_finds_what_is_meant(self, archive: AuditArchive, name: str, value: str) -> None:
        meant = an_event(**{name: value})
        await archive.add([an_event(), meant, an_event()])

        assert await all_in(archive, **{name: str(value)}) == [meant]

    async def test_finds_by_instants_of_which_the_first_is_meant_and_the_last_is_not(
        self, archive: AuditArchive
    ) -> None:
        events = [an_event(at=START + number * TICK) for number in range(4)]
        await archive.add(events)

        found = await all_in(archive, since=START + TICK, until=START + 3 * TICK)

        assert found == [events[2], events[1]]

    async def test_finds_nothing_for_what_somebody_made_up(self, archive: AuditArchive) -> None:
        await archive.add([an_event()])

        assert await all_in(archive, type="' OR 1=1 --") == []


class AuditChainContract(ABC):
    """Subclass as `TestXxxAuditChain` and provide the fixtures."""

    @abstractmethod
    def archive(self) -> AuditArchive: ...

    @abstractmethod
    def chain(self) -> AuditChain:
        """Links what `archive` has."""

    async def test_has_no_head_before_it_was_begun(self, chain: AuditChain) -> None:
        assert await chain.head() is None
        assert await chain.linked(after=None, limit=10) == []
        assert await chain.oldest_unsealed() is None

    async def test_links_what_has_no_place_yet(
        self, archive: AuditArchive, chain: AuditChain
    ) -> None:
        events = [an_event(at=START + number * TICK) for number in range(3)]
        await archive.add(events[::-1])

        assert await chain.oldest_unsealed() == START
        assert await chain.unsealed(limit=2) == events[:2]
        head = await extended(chain, None)

        assert await chain.head() == head
        assert await chain.unsealed(limit=10) == []
        linked = await chain.linked(after=0, limit=10)
        assert [it.event for it in linked] == events
        assert [it.sequence for it in linked] == [1, 2, 3]
        assert [it.sealed_at for it in linked] == [SEALED] * 3
        assert linked[-1].digest == head.digest
        assert [it.sequence for it in await chain.linked(after=1, limit=1)] == [2]

    async def test_lg_09_shows_the_first_places_whatever_their_numbers(
        self, archive: AuditArchive, chain: AuditChain
    ) -> None:
        """LG-09: somebody has chosen them who may write there."""
        events = [an_event(), an_event(), an_event()]
        await archive.add(events)
        places = (-(2**63), -1, 0)
        links = [
            Link(event=event.id, sequence=place, digest="", sealed_at=SEALED)
            for event, place in zip(events, places, strict=True)
        ]
        assert await chain.extend(None, ChainHead(mac="mac"), links)

        first = await chain.linked(after=None, limit=2)
        assert [(it.sequence, it.event) for it in first] == list(zip(places, events, strict=True))[
            :2
        ]
        assert await chain.linked(after=0, limit=10) == []

    async def test_is_extended_only_from_its_head(
        self, archive: AuditArchive, chain: AuditChain
    ) -> None:
        await archive.add([an_event()])
        head = await extended(chain, None)
        await archive.add([an_event()])
        events = list(await chain.unsealed(limit=10))

        for other in (None, ChainHead(), replace(head, mac="other")):
            new, links = (other or ChainHead()).extended(events, now=SEALED)
            assert not await chain.extend(other, replace(new, mac="new"), links)

        assert await chain.head() == head
        assert len(await chain.unsealed(limit=10)) == 1

    async def test_is_extended_by_one_of_several_at_once(
        self, archive: AuditArchive, chain: AuditChain
    ) -> None:
        await archive.add([an_event(), an_event()])
        events = list(await chain.unsealed(limit=10))
        new, links = ChainHead().extended(events, now=SEALED)

        done = await asyncio.gather(
            *(chain.extend(None, replace(new, mac=f"mac {each}"), links) for each in range(5))
        )

        assert sum(done) == 1
        old = await chain.head()
        assert old is not None
        later = [replace(old, sequence=old.sequence, mac=f"later {each}") for each in range(5)]
        assert sum(await asyncio.gather(*(chain.extend(old, it, ()) for it in later))) == 1

    async def test_forgets_its_beginning(self, archive: AuditArchive, chain: AuditChain) -> None:
        await archive.add([an_event() for _ in range(3)])
        head = await extended(chain, None)
        last = (await chain.linked(after=1, limit=1))[0]
        tombstone = replace(head.pruned(last, now=START), mac="tombstone")

        assert not await chain.prune(replace(head, mac="other"), tombstone)
        assert len(await chain.linked(after=0, limit=10)) == 3
        assert await chain.prune(head, tombstone)

        assert await chain.head() == tombstone
        assert [it.sequence for it in await chain.linked(after=0, limit=10)] == [3]
        assert len(await all_in(archive)) == 1


async def extended(chain: AuditChain, old: ChainHead | None) -> ChainHead:
    """Link everything; the head is sealed with nothing."""
    new, links = (old or ChainHead()).extended(list(await chain.unsealed(limit=100)), now=SEALED)
    new = replace(new, mac=f"mac of {new.sequence}")
    assert await chain.extend(old, new, links)
    return new


class ChainSealerContract(ABC):
    """Subclass as `TestXxxChainSealer` and provide the fixture."""

    @abstractmethod
    def sealer(self) -> ChainSealer: ...

    def test_believes_what_it_sealed(self, sealer: ChainSealer) -> None:
        head = sealer.seal(ChainHead(sequence=1, digest="a" * 64))

        assert sealer.is_ours(head)
        assert sealer.is_current(head)

    @pytest.mark.parametrize(
        "change",
        [
            {"sequence": 2},
            {"digest": "b" * 64},
            {"pruned_to": 1},
            {"pruned_digest": "a" * 64},
            {"pruned_at": START},
            {"mac": "f" * 64},
            {"mac": ""},
            {"mac": "\ud800"},
        ],
        ids=str,
    )
    def test_believes_nothing_else(self, sealer: ChainSealer, change: dict[str, object]) -> None:
        sealed = sealer.seal(ChainHead(sequence=1, digest="a" * 64))
        head = replace(sealed, **change)  # type: ignore[arg-type]  # names of fields

        assert not sealer.is_ours(head)
        assert not sealer.is_current(head)
