import asyncio
from datetime import timedelta

import pytest

from hexkey.application.authentication.live_schemes import _REFRESH_EVERY
from hexkey.domain.accounts.password import Password, PasswordHash
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.builders import a_user
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import OLDER, TODAYS, UNBEARABLE

pytestmark = pytest.mark.anyio

TICK = timedelta(milliseconds=1)


async def imported(deployment: MemoryDeployment) -> None:
    await deployment.keep(a_user(password=deployment.hasher.decoy(OLDER)))


class TestLiveSchemes:
    async def test_are_todays_before_there_is_any_account(
        self, deployment: MemoryDeployment
    ) -> None:
        decoys = await deployment.live_schemes.decoys()

        assert set(decoys) == {TODAYS}

    async def test_come_with_decoys_that_cost_the_same_and_match_nothing(
        self, deployment: MemoryDeployment
    ) -> None:
        await imported(deployment)

        decoys = await deployment.live_schemes.decoys()

        assert {deployment.hasher.scheme_of(decoy) for decoy in decoys.values()} == set(decoys)
        assert set(decoys) == {TODAYS, OLDER}
        for decoy in decoys.values():
            assert not await deployment.hasher.verify(Password(PASSWORD), decoy)

    async def test_are_read_once_a_minute(self, deployment: MemoryDeployment) -> None:
        for seconds in (0, 0, 59, 1, 59, 1):
            deployment.clock.advance(seconds=seconds)
            await deployment.live_schemes.decoys()

        assert deployment.stores.users.asked_for_schemes == 3

    async def test_are_noticed_within_a_minute(self, deployment: MemoryDeployment) -> None:
        await deployment.live_schemes.decoys()
        await imported(deployment)
        deployment.clock.advance(seconds=60)

        assert set(await deployment.live_schemes.decoys()) == {TODAYS, OLDER}

    async def test_are_read_once_until_they_are_old(self, deployment: MemoryDeployment) -> None:
        for later, readings in ((timedelta(0), 1), (_REFRESH_EVERY - TICK, 1), (TICK, 2)):
            deployment.clock.advance(seconds=later.total_seconds())
            await deployment.live_schemes.decoys()
            await deployment.live_schemes.decoys()

            assert deployment.stores.users.asked_for_schemes == readings

    async def test_are_read_again_when_the_clock_was_set_back(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.live_schemes.decoys()
        deployment.clock.advance(days=-1)
        await deployment.live_schemes.decoys()

        assert deployment.stores.users.asked_for_schemes == 2

    async def test_en_02_are_whole_for_everybody_who_asks_while_they_are_read(
        self, deployment: MemoryDeployment
    ) -> None:
        """EN-02: the first sign-ins after a start come at the same time."""
        await imported(deployment)
        deployment.stores.users.may_answer.clear()
        asking = [asyncio.create_task(deployment.live_schemes.decoys()) for _ in range(5)]
        await asyncio.sleep(0)
        deployment.stores.users.may_answer.set()

        for decoys in await asyncio.gather(*asking):
            assert set(decoys) == {TODAYS, OLDER}
        assert deployment.stores.users.asked_for_schemes == 1

    async def test_en_01_refuse_everybody_alike_until_they_could_be_read(
        self, deployment: MemoryDeployment
    ) -> None:
        """EN-01: a store that was away for a moment must not mark unknown names for a minute."""
        await deployment.somebody("alice")
        deployment.stores.users.readable = False
        for login in ("alice", "nobody", "alice", "nobody"):
            with pytest.raises(TemporarilyUnavailable):
                await deployment.authenticate(login=login, password="a wrong one")
        assert deployment.stores.failures.total() == 0, "nothing was compared"

        deployment.stores.users.readable = True

        for login in ("alice", "nobody"):
            with pytest.raises(InvalidCredentials):
                await deployment.authenticate(login=login, password="a wrong one")

    async def test_leave_out_what_nobody_can_verify(self, deployment: MemoryDeployment) -> None:
        """One imported hash with 2^31 rounds must not keep everybody else from signing in."""
        await deployment.somebody("alice")
        unverifiable = PasswordHash(UNBEARABLE + "." * 53)
        await deployment.keep(a_user(password=unverifiable))
        assert await deployment.stores.users.password_schemes() == {TODAYS, UNBEARABLE}

        assert set(await deployment.live_schemes.decoys()) == {TODAYS}
        await deployment.authenticate(login="alice", password=PASSWORD)
