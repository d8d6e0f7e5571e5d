"""RL-11, EN-03: how much mail strangers may cause, and that nothing tells whether it leaves."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hexkey.domain.accounts.user import User
from tests.support.account_life import ADDRESS, AccountLife

pytestmark = pytest.mark.anyio

Ask = Callable[[AccountLife, str, str], Awaitable[object]]


async def for_a_reset(life: AccountLife, email: str, network: str) -> object:
    return await life.request_reset(email=email, network=network)


async def for_a_verification(life: AccountLife, email: str, network: str) -> object:
    return await life.request_verification(email=email, network=network)


REQUESTS: list[Ask] = [for_a_reset, for_a_verification]
NOBODY = "nobody@example.com"


def queued(life: AccountLife) -> int:
    return len(life.store.committed.messages)


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.somebody()


class TestRequestMail:
    @pytest.mark.parametrize("ask", REQUESTS)
    @pytest.mark.parametrize("email", [ADDRESS, NOBODY])
    async def test_en_03_does_one_insert_whoever_it_is(
        self, life: AccountLife, alice: User, ask: Ask, email: str
    ) -> None:
        before = queued(life)

        flow = await ask(life, email, "192.0.2.1")

        assert isinstance(flow, str)
        assert queued(life) == before + 1

    async def test_a_flow_is_given_to_everybody_and_kept_by_nobody(
        self, life: AccountLife, alice: User
    ) -> None:
        flows = [await life.request_reset(email=ADDRESS) for _ in range(3)]

        assert len(set(flows)) == 3
        stored = [dict(it.content) for it in life.store.committed.messages.values()]
        assert not any(flow in str(stored) for flow in flows)

    async def test_rl_11_one_address_gets_one_in_half_a_minute(
        self, life: AccountLife, alice: User
    ) -> None:
        """RL-11: over it the answer is the same, and no mail is queued."""
        before = queued(life)
        for _ in range(50):
            assert await life.request_reset(email=ADDRESS, network="192.0.2.1")
        assert queued(life) == before + 1

        life.wait(seconds=30, milliseconds=-1)
        await life.request_reset(email=ADDRESS)
        assert queued(life) == before + 1
        life.wait(milliseconds=1)
        await life.request_reset(email="ALICE@example.com")
        assert queued(life) == before + 2

    async def test_rl_11_whoever_has_just_registered_may_have_forgotten_the_password(
        self, life: AccountLife, alice: User
    ) -> None:
        """The pause is one of each kind; how many there are in an hour is not."""
        before = queued(life)
        await life.request_reset(email=ADDRESS)
        await life.request_verification(email=ADDRESS)
        await life.request_reset(email=ADDRESS)

        assert queued(life) == before + 2

    async def test_rl_11_one_address_gets_five_an_hour_of_all_kinds(
        self, life: AccountLife, alice: User
    ) -> None:
        before = queued(life)
        for number in range(100):
            ask = REQUESTS[number % 2]
            await ask(life, ADDRESS, f"192.0.2.{number}")
            life.wait(seconds=30)

        assert queued(life) == before + 5

    async def test_rl_11_one_network_causes_twenty_a_minute(
        self, life: AccountLife, alice: User
    ) -> None:
        before = queued(life)
        for number in range(50):
            address = f"2001:db8::{number:x}"
            await life.request_reset(email=f"somebody{number}@example.com", network=address)

        assert queued(life) == before + 20
        await life.request_reset(email="else@example.com", network="2001:db8:0:1::1")
        assert queued(life) == before + 21
        life.wait(minutes=1)
        await life.request_reset(email="again@example.com", network="2001:db8::1")
        assert queued(life) == before + 22

    async def test_rl_11_counts_what_comes_at_once(self, life: AccountLife, alice: User) -> None:
        before = queued(life)

        await asyncio.gather(*(life.request_reset(email=ADDRESS) for _ in range(50)))

        assert queued(life) == before + 1

    async def test_rl_11_counts_registrations_and_changes_of_address(
        self, life: AccountLife, alice: User
    ) -> None:
        before = queued(life)
        await life.on.register(username="bob", email=NOBODY, password="correct horse")
        for _ in range(5):
            await life.request_change(user=alice.id, email=NOBODY)
            await life.request_reset(email=NOBODY)

        assert queued(life) == before + 3  # one of each kind, and no more for half a minute

    async def test_nobody_gets_nothing_and_the_disabled_neither(
        self, life: AccountLife, alice: User
    ) -> None:
        await life.on.disable(user=alice.id)
        await life.deliver()

        for email in (ADDRESS, NOBODY):
            for ask in REQUESTS:
                life.wait(minutes=1)
                await ask(life, email, "192.0.2.1")

        assert await life.deliver() == []

    async def test_a_repeated_delivery_carries_the_same_and_revives_nothing(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-02, RA-09: a worker may die between sending and marking."""
        await life.request_reset(email=ADDRESS)
        [message] = [
            it for it in life.store.committed.messages.values() if it.kind == "password_reset"
        ]

        [first] = await life.try_to_send(message)
        life.wait(minutes=1)
        [second] = await life.try_to_send(message)
        assert (first.token, first.code) == (second.token, second.code)
        await life.reset(token=first.token, new_password="battery staple")

        assert await life.try_to_send(message) == []
