from collections.abc import Sequence
from datetime import datetime

import pytest

from hexkey.application.accounts.changing import change_user
from hexkey.application.ports.accounts import Users
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import Disabled, User, UserNotFound
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.builders import a_user, an_id
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import START

pytestmark = pytest.mark.anyio


class TestDisableUser:
    async def test_se_05_refuses_the_user_everywhere_at_once(
        self, deployment: MemoryDeployment
    ) -> None:
        """SE-05, D10: sign-in and every token, though each was just resolved."""
        alice = await deployment.somebody("alice")
        tokens = [
            (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
            for _ in range(3)
        ]
        for token in tokens:
            await deployment.resolve(token=token)

        disabled = await deployment.disable(user=alice.id)

        assert disabled.status == Disabled(START)
        assert disabled == await deployment.stored(alice.id)
        for token in tokens:
            with pytest.raises(InvalidToken):
                await deployment.resolve(token=token)
        with pytest.raises(InvalidCredentials):
            await deployment.sign_in(login="alice", password=PASSWORD)

    async def test_changes_nothing_the_second_time(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")
        once = await deployment.disable(user=alice.id)
        deployment.clock.advance(hours=1)

        assert await deployment.disable(user=alice.id) == once

    async def test_does_nothing_by_halves(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
        deployment.stores.store.writable = False

        with pytest.raises(TemporarilyUnavailable):
            await deployment.disable(user=alice.id)

        assert (await deployment.resolve(token=token)).user == alice


class TestEnableUser:
    async def test_lets_the_user_in_and_revives_no_token(
        self, deployment: MemoryDeployment
    ) -> None:
        alice = await deployment.somebody("alice")
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
        await deployment.disable(user=alice.id)

        enabled = await deployment.enable(user=alice.id)

        assert enabled.is_active
        await deployment.authenticate(login="alice", password=PASSWORD)
        with pytest.raises(InvalidToken):
            await deployment.resolve(token=token)

    async def test_changes_nothing_for_an_active_user(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")

        assert await deployment.enable(user=alice.id) == alice


class TestGrantRole:
    async def test_is_effective_at_the_next_request(self, deployment: MemoryDeployment) -> None:
        """AZ-05: Hexkey asks the store, whatever the token says."""
        alice = await deployment.somebody("alice")
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
        assert (await deployment.resolve(token=token)).roles == frozenset()

        granted = await deployment.grant(user=alice.id, role=ADMIN)

        assert granted.roles == (await deployment.resolve(token=token)).roles == {ADMIN}
        assert await deployment.grant(user=alice.id, role=ADMIN) == granted


class TestSupervision:
    @pytest.mark.parametrize("deed", ["disable", "enable"])
    async def test_does_not_know_who_is_not_there(
        self, deployment: MemoryDeployment, deed: str
    ) -> None:
        with pytest.raises(UserNotFound):
            await getattr(deployment, deed)(user=UserId(an_id()))
        with pytest.raises(UserNotFound):
            await deployment.grant(user=UserId(an_id()), role=ADMIN)


class _Overtaken(Users):
    """A store that does not hold whom it found, and lets somebody else be faster."""

    def __init__(self, user: User) -> None:
        self._user = user

    async def add(self, user: User) -> None:
        raise NotImplementedError

    async def find(self, id: UserId) -> User | None:
        return self._user

    async def find_by_email(self, key: str) -> User | None:
        raise NotImplementedError

    async def replace(self, old: User, new: User) -> bool:
        return False

    async def due_for_erasure(self, *, now: datetime, limit: int) -> Sequence[UserId]:
        raise NotImplementedError

    async def erase(self, user: User, *, now: datetime) -> bool:
        raise NotImplementedError


class TestChangeUser:
    async def test_asks_to_try_again_when_somebody_was_faster(self) -> None:
        user = a_user()

        with pytest.raises(TemporarilyUnavailable):
            await change_user(_Overtaken(user), user.id, lambda u: u.granted(ADMIN, now=START))
