"""What `SessionStore`, its transaction and its `Sessions` promise."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta

import pytest

from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import REMEMBERED, RefreshChain, Rotate
from hexkey.domain.sessions.session import (
    MAX_USER_AGENT_LENGTH,
    Client,
    Session,
    SessionPolicy,
)
from tests.support.builders import ARGON2_HASH, a_session, a_user, an_id
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)
POLICY = SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30))


async def opened(store: SessionStore, *users: User, sessions: list[Session]) -> None:
    """Keep users and their sessions, for good."""
    async with store.begin() as transaction:
        for user in users:
            await transaction.users.add(user)
        for session in sessions:
            await transaction.sessions.add(session)
        await transaction.commit()


async def kept(store: SessionStore, session: Session) -> Session | None:
    """What a new transaction finds."""
    async with store.begin() as transaction:
        return await transaction.sessions.find(session.id)


class SessionStoreContract(ABC):
    """Subclass as `TestXxxSessionStore` and provide the `store` fixture."""

    @abstractmethod
    def store(self) -> SessionStore: ...

    async def test_gives_back_exactly_what_was_added(self, store: SessionStore) -> None:
        user = a_user()
        live, ended = a_session(user=user), a_session(user=user, ended_at=LATER)
        await opened(store, user, sessions=[live, ended])

        assert await kept(store, live) == live
        assert await kept(store, ended) == ended

    async def test_finds_nothing_under_an_unknown_id(self, store: SessionStore) -> None:
        async with store.begin() as transaction:
            assert await transaction.sessions.find(SessionId(an_id())) is None

    async def test_forgets_what_was_not_committed(self, store: SessionStore) -> None:
        user = a_user()
        before, never = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[before])
        async with store.begin() as transaction:
            await transaction.sessions.add(never)
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)

        assert await kept(store, never) is None
        assert await kept(store, before) == before

    async def test_ends_all_sessions_of_one_user(self, store: SessionStore) -> None:
        ann, bob = a_user(), a_user()
        first, second, foreign = a_session(user=ann), a_session(user=ann), a_session(user=bob)
        await opened(store, ann, bob, sessions=[first, second, foreign])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(ann.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, first) == first.ended(now=LATER)
        assert await kept(store, second) == second.ended(now=LATER)
        assert await kept(store, foreign) == foreign

    async def test_keeps_the_one_it_is_told_to_keep(self, store: SessionStore) -> None:
        user = a_user()
        current, other = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[current, other])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(user.id, keep=current.id, now=LATER)
            await transaction.commit()

        assert await kept(store, current) == current
        assert await kept(store, other) == other.ended(now=LATER)

    async def test_leaves_the_end_of_a_session_that_is_over(self, store: SessionStore) -> None:
        user = a_user()
        over = a_session(user=user, ended_at=START)
        await opened(store, user, sessions=[over])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, over) == over

    async def test_ends_a_session_that_the_same_transaction_added(
        self, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        async with store.begin() as transaction:
            await transaction.users.add(user)
            await transaction.sessions.add(session)
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, session) == session.ended(now=LATER)

    async def test_changes_users_and_sessions_together_or_not_at_all(
        self, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        changed = user.with_password(ARGON2_HASH, now=LATER)
        for commit in (False, True):
            async with store.begin() as transaction:
                await transaction.users.replace(user, changed)
                await transaction.sessions.end_all(user.id, keep=None, now=LATER)
                if commit:
                    await transaction.commit()

            async with store.begin() as transaction:
                found = await transaction.users.find(user.id)
                still = await transaction.sessions.find(session.id)
            assert found == (changed if commit else user)
            assert still == (session.ended(now=LATER) if commit else session)


class SessionUseContract(ABC):
    """What `SessionStore` promises about sessions that are used, refreshed, listed and ended."""

    @abstractmethod
    def store(self) -> SessionStore: ...

    async def test_gives_back_everything_a_session_knows(self, store: SessionStore) -> None:
        user = a_user()
        spent = tuple(LATER - timedelta(milliseconds=n) for n in range(REMEMBERED))
        full = a_session(
            user=user,
            idle=timedelta(days=1),
            client=Client("2001:db8::" + "f" * 35, "\U0001f511" * MAX_USER_AGENT_LENGTH),
            scopes=frozenset(("read:all", "write")),
            authenticated_at=START + timedelta(milliseconds=1),
            last_seen_at=START + timedelta(milliseconds=2),
            refresh=RefreshChain(live=2**31 - 1, spent=spent),
        )
        await opened(store, user, sessions=[full])

        assert await kept(store, full) == full

    async def test_lists_what_a_user_has_not_ended_the_latest_first(
        self, store: SessionStore
    ) -> None:
        ann, bob = a_user(), a_user()
        old, new = a_session(user=ann), a_session(user=ann, now=LATER)
        ended, foreign = a_session(user=ann, ended_at=LATER), a_session(user=bob)
        await opened(store, ann, bob, sessions=[new, old, ended, foreign])

        async with store.begin() as transaction:
            assert list(await transaction.sessions.of_user(ann.id)) == [new, old]
            await transaction.sessions.end(new.id, now=LATER)
            assert list(await transaction.sessions.of_user(ann.id)) == [old]
            assert list(await transaction.sessions.of_user(UserId(an_id()))) == []

    async def test_lists_those_that_ended_too_when_asked(self, store: SessionStore) -> None:
        ann, bob = a_user(), a_user()
        old, new = a_session(user=ann, ended_at=LATER), a_session(user=ann, now=LATER)
        await opened(store, ann, bob, sessions=[new, old, a_session(user=bob, ended_at=LATER)])

        async with store.begin() as transaction:
            sessions = transaction.sessions
            assert list(await sessions.of_user(ann.id, also_ended=True)) == [new, old]
            assert list(await sessions.of_user(ann.id, also_ended=True, limit=1)) == [new]
            assert list(await sessions.of_user(ann.id, limit=5)) == [new]

    async def test_ends_one_session_once(self, store: SessionStore) -> None:
        user = a_user()
        session, other = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[session, other])

        for now in (LATER, LATER + timedelta(hours=1)):
            async with store.begin() as transaction:
                await transaction.sessions.end(session.id, now=now)
                await transaction.sessions.end(SessionId(an_id()), now=now)
                await transaction.commit()

        assert await kept(store, session) == session.ended(now=LATER)
        assert await kept(store, other) == other

    async def test_se_11_ends_the_oldest_beyond_the_limit(self, store: SessionStore) -> None:
        """SE-11: a user has at most so many sessions; the oldest ends, whoever else has many."""
        ann, bob = a_user(), a_user()
        sessions = [a_session(user=ann, now=START + timedelta(seconds=n)) for n in range(103)]
        foreign = [a_session(user=bob) for _ in range(3)]
        over = a_session(user=ann, ended_at=START)  # counts no more
        await opened(store, ann, bob, sessions=[*reversed(sessions), over, *foreign])

        async with store.begin() as transaction:
            await transaction.sessions.end_beyond(100, ann.id, keep=None, now=LATER)
            await transaction.commit()

        async with store.begin() as transaction:
            left = await transaction.sessions.of_user(ann.id)
            assert {it.id for it in left} == {it.id for it in sessions[3:]}
            assert len(await transaction.sessions.of_user(bob.id)) == 3
        assert await kept(store, sessions[2]) == sessions[2].ended(now=LATER)

    @pytest.mark.parametrize("place", [0, 1, 3, 4])
    @pytest.mark.parametrize("most", [1, 2, 4, 5])
    async def test_se_11_spares_the_one_that_was_just_opened(
        self, store: SessionStore, most: int, place: int
    ) -> None:
        """SE-11: a clock that was set back makes the newest look like the oldest."""
        ann, bob = a_user(), a_user()
        theirs = [a_session(user=ann, now=START + timedelta(seconds=n)) for n in range(5)]
        await opened(store, ann, bob, sessions=[*theirs, a_session(user=bob, now=START)])
        keep = theirs.pop(place)

        async with store.begin() as transaction:
            ended = await transaction.sessions.end_beyond(most, ann.id, keep=keep.id, now=LATER)
            left = await transaction.sessions.of_user(ann.id)
            assert len(await transaction.sessions.of_user(bob.id)) == 1

        assert set(ended) == {it.id for it in theirs[: 5 - most]}
        assert {it.id for it in left} == {it.id for it in theirs[5 - most :]} | {keep.id}

    async def test_tells_which_sessions_it_has_ended_and_no_others(
        self, store: SessionStore
    ) -> None:
        ann, bob = a_user(), a_user()
        first, second, third, fourth = (
            a_session(user=ann, now=LATER + n * timedelta(seconds=1)) for n in range(4)
        )
        over, foreign = a_session(user=ann, ended_at=LATER), a_session(user=bob)
        await opened(store, ann, bob, sessions=[first, second, third, fourth, over, foreign])
        async with store.begin() as transaction:
            sessions = transaction.sessions
            assert await sessions.end(first.id, now=LATER)
            assert not await sessions.end(first.id, now=LATER)
            assert not await sessions.end(SessionId(an_id()), now=LATER)
            assert await sessions.end_beyond(2, ann.id, keep=None, now=LATER) == [second.id]
            assert await sessions.end_beyond(2, ann.id, keep=None, now=LATER) == []
            assert await sessions.end_all(ann.id, keep=third.id, now=LATER) == [fourth.id]
            assert await sessions.end_all(ann.id, keep=third.id, now=LATER) == []

    async def test_lists_the_latest_first_with_those_that_have_ended_if_wanted(
        self, store: SessionStore
    ) -> None:
        ann, bob = a_user(), a_user()
        old, over, new = (
            a_session(user=ann, now=LATER + n * timedelta(seconds=1)) for n in range(3)
        )
        over = over.ended(now=LATER)
        await opened(store, ann, bob, sessions=[old, new, over, a_session(user=bob)])

        async with store.begin() as transaction:
            of_user = transaction.sessions.of_user
            assert await of_user(ann.id) == [new, old]
            assert await of_user(ann.id, limit=1) == [new]
            assert await of_user(ann.id, also_ended=True) == [new, over, old]
            assert await of_user(ann.id, also_ended=True, limit=2) == [new, over]

    async def test_replaces_a_session_that_is_as_it_was(self, store: SessionStore) -> None:
        user = a_user()
        session, other = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[session, other])
        first = refreshed(session, now=LATER)
        second = refreshed(first, now=LATER + timedelta(seconds=1))

        assert await store.replace(session, first)
        async with store.begin() as transaction:
            assert await transaction.sessions.replace(first, second)
            await transaction.commit()

        assert await kept(store, session) == second
        assert await kept(store, other) == other

    async def test_replaces_nothing_without_a_commit(self, store: SessionStore) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        async with store.begin() as transaction:
            assert await transaction.sessions.replace(session, refreshed(session, now=LATER))

        assert await kept(store, session) == session

    async def test_tk_05_does_not_replace_what_was_refreshed_meanwhile(
        self, store: SessionStore
    ) -> None:
        """TK-05: a spent token stays spent; no write on stale grounds brings it back."""
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        winner = refreshed(session, now=LATER)
        assert await store.replace(session, winner)
        stale = (
            refreshed(session, now=LATER + timedelta(seconds=1)),
            session.seen(policy=POLICY, now=LATER + timedelta(minutes=1)),
            session.reauthenticated(now=LATER),
        )

        for new in stale:
            assert not await store.replace(session, new)
            async with store.begin() as transaction:
                assert not await transaction.sessions.replace(session, new)
                await transaction.commit()

        assert await kept(store, session) == winner

    async def test_se_03_does_not_replace_what_was_ended_meanwhile(
        self, store: SessionStore
    ) -> None:
        """SE-03: no refresh revives a session, whichever of the two came first."""
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        async with store.begin() as transaction:
            await transaction.sessions.end(session.id, now=LATER)
            await transaction.commit()

        assert not await store.replace(session, refreshed(session, now=LATER))
        assert await kept(store, session) == session.ended(now=LATER)

    async def test_replaces_nothing_that_is_not_there(self, store: SessionStore) -> None:
        gone = a_session(user=a_user())

        assert not await store.replace(gone, refreshed(gone, now=LATER))

    async def test_a_refresh_keeps_a_proof_that_came_in_between(self, store: SessionStore) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        assert await store.replace(session, session.reauthenticated(now=LATER))

        assert await store.replace(session, refreshed(session, now=LATER))

        found = await kept(store, session)
        assert found is not None
        assert found.authenticated_at == LATER

    async def test_tk_03_ra_02_of_many_refreshes_at_once_one_wins(
        self, store: SessionStore
    ) -> None:
        """TK-03, RA-02: the chain cannot fork."""
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        new = [refreshed(session, now=LATER + timedelta(milliseconds=n)) for n in range(50)]

        won = await asyncio.gather(*(store.replace(session, each) for each in new))

        assert won.count(True) == 1
        assert await kept(store, session) == new[won.index(True)]

    async def test_ra_05_of_an_end_and_refreshes_at_once_the_end_wins(
        self, store: SessionStore
    ) -> None:
        """RA-05: after a password change no older credential yields anything."""
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])

        async def end() -> None:
            async with store.begin() as transaction:
                await transaction.sessions.end_all(user.id, keep=None, now=LATER)
                await transaction.commit()

        async def refresh() -> bool:
            return await store.replace(session, refreshed(session, now=LATER))

        await asyncio.gather(refresh(), end(), refresh())

        found = await kept(store, session)
        assert found is not None
        assert found.ended_at == LATER
        assert not await store.replace(found, refreshed(found, now=LATER))


def refreshed(session: Session, *, now: datetime) -> Session:
    """`session` after its live token was spent."""
    verdict = session.refresh.judge(session.refresh.live, now=now)
    assert isinstance(verdict, Rotate)
    return session.refreshed(verdict.chain, policy=POLICY, now=now)
