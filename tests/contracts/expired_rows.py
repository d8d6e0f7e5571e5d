"""What `ExpiredRows` promises."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.changes import ChangeLog
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.application.ports.maintenance import ExpiredRows
from hexkey.application.ports.outbox import OutboxArchive
from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.keys import KeyState
from tests.contracts import one_time_tokens
from tests.contracts.outbox import queued
from tests.contracts.session_store import kept, opened
from tests.support.builders import (
    a_charge,
    a_message,
    a_one_time_token,
    a_session,
    a_signing_key,
    a_user,
)
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
DAY = timedelta(days=1)


class ExpiredRowsContract(ABC):
    """Subclass as `TestXxxExpiredRows` and provide the fixtures."""

    @abstractmethod
    def expired(self) -> ExpiredRows: ...

    @abstractmethod
    def store(self) -> SessionStore: ...

    @abstractmethod
    def failures(self) -> FailureCounters: ...

    @abstractmethod
    def keys(self) -> SigningKeyStore: ...

    @abstractmethod
    def log(self) -> ChangeLog: ...

    @abstractmethod
    def archive(self) -> OutboxArchive: ...

    async def test_tk_09_deletes_sessions_that_are_over(
        self, expired: ExpiredRows, store: SessionStore
    ) -> None:
        """TK-09: ended or past their end before that instant, and no others."""
        user = a_user()
        gone = [
            a_session(user=user, ended_at=START - TICK),
            a_session(user=user, now=START - DAY - TICK, lifetime=DAY),
        ]
        stay = [
            a_session(user=user, ended_at=START),
            a_session(user=user, now=START - DAY, lifetime=DAY),
            a_session(user=user),
        ]
        await opened(store, user, sessions=[*gone, *stay])

        assert await expired.sessions(before=START, limit=9) == 2
        assert await expired.sessions(before=START, limit=9) == 0
        assert [await kept(store, it) for it in gone] == [None, None]
        assert [await kept(store, it) for it in stay] == stay

    async def test_deletes_no_more_than_it_is_told(
        self, expired: ExpiredRows, store: SessionStore
    ) -> None:
        user = a_user()
        ended = [a_session(user=user, ended_at=START) for _ in range(3)]
        over = [a_session(user=user, now=START - DAY, lifetime=TICK) for _ in range(3)]
        await opened(store, user, sessions=[*ended, *over])

        deleted = [await expired.sessions(before=START + TICK, limit=4) for _ in range(3)]

        assert deleted == [4, 2, 0]

    async def test_deletes_counters_that_are_forgiven(
        self, expired: ExpiredRows, failures: FailureCounters
    ) -> None:
        later = START + timedelta(hours=1)
        for key, at in (("a", START), ("b", START), ("c", later)):
            await failures.charge([a_charge(key=key)], now=at)
        end = a_charge().budget.kept_until(now=later)

        assert await expired.failures(before=a_charge().budget.kept_until(now=START), limit=9) == 0
        deleted = [await expired.failures(before=end, limit=1) for _ in range(3)]

        assert deleted == [1, 1, 0]
        assert await failures.find("c") is not None

    async def test_deletes_old_changes_and_their_numbers_never_return(
        self, expired: ExpiredRows, store: SessionStore, log: ChangeLog
    ) -> None:
        """Whoever follows the log compares numbers: one that came again would be overlooked."""
        before = await self.changed(store, log)

        assert await expired.state_changes(before=START, limit=9) == 0
        assert await expired.state_changes(before=START + TICK, limit=9) == 1
        assert await expired.state_changes(before=START + TICK, limit=9) == 0

        assert await self.changed(store, log) > before

    async def changed(self, store: SessionStore, log: ChangeLog) -> int:
        """Make a change at `START`; returns its number."""
        user = a_user()
        await opened(store, user, sessions=[])
        async with store.begin() as transaction:
            await transaction.users.replace(user, user.disabled(now=START))
            await transaction.commit()
        return await log.latest()

    async def test_deletes_keys_that_were_retired_and_no_others(
        self, expired: ExpiredRows, keys: SigningKeyStore
    ) -> None:
        long_ago = START - DAY
        states = [KeyState.ANNOUNCED, KeyState.SIGNING, KeyState.VERIFYING, KeyState.RETIRED]
        stay = [replace(a_signing_key(now=long_ago), state=state) for state in states[:3]]
        stay.append(a_signing_key(now=long_ago).moved(KeyState.RETIRED, now=START))
        gone = a_signing_key(now=long_ago).moved(KeyState.RETIRED, now=START - TICK)
        for key in (*stay, gone):
            assert await keys.add(key)

        assert await expired.retired_keys(before=START, limit=9) == 1
        assert {key.id for key in await keys.all()} == {key.id for key in stay}

    async def test_deletes_tokens_that_expired_used_or_not(
        self, expired: ExpiredRows, store: SessionStore
    ) -> None:
        gone = [
            replace(a_one_time_token(used_at=used), expires_at=START - TICK)
            for used in (None, START - DAY)
        ]
        stay = [replace(it, expires_at=START) for it in (a_one_time_token(), a_one_time_token())]
        await one_time_tokens.put(store, *gone, *stay)

        deleted = [await expired.one_time_tokens(before=START, limit=1) for _ in range(3)]

        assert deleted == [1, 1, 0]
        assert [await one_time_tokens.kept(store, it) for it in gone] == [None, None]
        assert [await one_time_tokens.kept(store, it) for it in stay] == stay

    async def test_deletes_messages_that_have_left(
        self, expired: ExpiredRows, store: SessionStore, archive: OutboxArchive
    ) -> None:
        gone = [a_message(due_at=START - TICK).done() for _ in range(2)]
        stay = [
            a_message(due_at=START).done(),
            a_message(due_at=START - DAY),
            a_message(due_at=START - DAY).failed("550"),
        ]
        await queued(store, *gone, *stay)

        deleted = [await expired.sent_messages(before=START, limit=1) for _ in range(3)]

        assert deleted == [1, 1, 0]
        found = await archive.page(state=None, after=None, limit=9)
        assert found == sorted(stay, key=lambda it: it.id, reverse=True)

    async def test_deletes_messages_that_nobody_wants_any_more(
        self, expired: ExpiredRows, store: SessionStore, archive: OutboxArchive
    ) -> None:
        """Those that failed, and those that nobody ever tried because there is no worker."""
        gone = [a_message(expires_at=START - TICK), a_message(expires_at=START - TICK).failed("5")]
        stay = [
            a_message(expires_at=START),
            a_message(expires_at=START).failed("550"),
            a_message(expires_at=START - DAY).done(),
        ]
        await queued(store, *gone, *stay)

        deleted = [await expired.unsent_messages(before=START, limit=1) for _ in range(3)]

        assert deleted == [1, 1, 0]
        found = await archive.page(state=None, after=None, limit=9)
        assert found == sorted(stay, key=lambda it: it.id, reverse=True)
