"""What `Revocations` promises."""

from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.revocations import DisabledUser, EndedSession, Revocations
from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.accounts.user import Disabled
from tests.contracts.session_store import opened
from tests.support.builders import a_session, a_user
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)


class RevocationsContract(ABC):
    """Subclass as `TestXxxRevocations` and provide the fixtures."""

    @abstractmethod
    def revocations(self) -> Revocations: ...

    @abstractmethod
    def store(self) -> SessionStore: ...

    async def test_tells_what_was_ended_since_the_earliest_first(
        self, revocations: Revocations, store: SessionStore
    ) -> None:
        user = a_user()
        ended = [a_session(user=user, ended_at=START + n * TICK) for n in (3, 2, 1, 1, 0)]
        await opened(store, user, sessions=[*ended, a_session(user=user)])
        expected = sorted(
            (EndedSession(it.id, it.ended_at) for it in ended[:4] if it.ended_at),
            key=lambda it: (it.at, it.id),
        )

        assert list(await revocations.ended_sessions(since=START + TICK, limit=9)) == expected

    async def test_tells_who_is_disabled_since_the_earliest_first(
        self, revocations: Revocations, store: SessionStore
    ) -> None:
        users = [a_user(status=Disabled(START + n * TICK)) for n in (2, 1, 0)]
        again = users[0].enabled(now=START)
        await opened(store, *users, a_user(), sessions=[])
        told = await revocations.disabled_users(since=START + TICK, limit=9)
        assert list(told) == [
            DisabledUser(users[1].id, START + TICK),
            DisabledUser(users[0].id, START + 2 * TICK),
        ]

        async with store.begin() as transaction:
            await transaction.users.replace(users[0], again)
            await transaction.commit()

        told = await revocations.disabled_users(since=START + TICK, limit=9)
        assert [it.id for it in told] == [users[1].id]

    async def test_is_read_in_parts_without_a_gap_or_a_repetition(
        self, revocations: Revocations, store: SessionStore
    ) -> None:
        user = a_user()
        ended = [a_session(user=user, ended_at=START + n // 4 * TICK) for n in range(11)]
        disabled = [a_user(status=Disabled(START + n // 4 * TICK)) for n in range(11)]
        await opened(store, user, *disabled, sessions=ended)
        sessions: list[EndedSession] = []
        users: list[DisabledUser] = []
        for _ in range(4):
            s, u = (sessions[-1], users[-1]) if sessions else (None, None)
            sessions += await revocations.ended_sessions(
                since=s.at if s else START, after=s.id if s else None, limit=3
            )
            users += await revocations.disabled_users(
                since=u.at if u else START, after=u.id if u else None, limit=3
            )

        assert [it.id for it in sessions] == [it.id for it in ended]
        assert [it.id for it in users] == [it.id for it in disabled]
