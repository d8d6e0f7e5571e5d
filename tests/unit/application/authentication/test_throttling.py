"""Guesses are counted, wait for one another, and are never free."""

import pytest

from hexkey.domain.accounts.password import HashingOverloaded
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.rules import Rule
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.builders import a_user
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import OLDER

pytestmark = pytest.mark.anyio

HOME, OFFICE = "203.0.113.7", "198.51.100.1"


async def guess(
    deployment: MemoryDeployment,
    password: str = "a wrong one",
    *,
    login: str = "alice",
    address: str | None = HOME,
) -> type[BaseException] | None:
    """How the guess ended; `None` for a success."""
    try:
        await deployment.authenticate(login=login, password=password, address=address)
    except (InvalidCredentials, TooManyAttempts, TemporarilyUnavailable) as refusal:
        return type(refusal)
    return None


@pytest.fixture
async def alice(deployment: MemoryDeployment) -> MemoryDeployment:
    await deployment.somebody("alice")
    return deployment


class TestGuessing:
    async def test_rl_01_waits_longer_and_longer_from_the_fifth_failure_on(
        self, alice: MemoryDeployment
    ) -> None:
        """RL-01: 1, 2, 4 … 900 s; the right password waits as well."""
        for _ in range(4):
            assert await guess(alice) is InvalidCredentials
        for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
            assert await guess(alice) is InvalidCredentials
            assert await guess(alice, PASSWORD) is TooManyAttempts
            alice.clock.advance(seconds=seconds, milliseconds=-1)
            assert await guess(alice, PASSWORD) is TooManyAttempts
            alice.clock.advance(milliseconds=1)

        assert await guess(alice, PASSWORD) is None

    async def test_rl_01_does_not_get_longer_by_trying_while_it_waits(
        self, alice: MemoryDeployment
    ) -> None:
        for _ in range(5):
            await guess(alice)
        for _ in range(100):
            assert await guess(alice) is TooManyAttempts

        alice.clock.advance(seconds=1)

        assert await guess(alice, PASSWORD) is None

    async def test_rl_01_150_wrong_ones_get_five_verifications(
        self, alice: MemoryDeployment
    ) -> None:
        alice.hasher.spent.clear()
        for _ in range(150):
            await guess(alice)

        assert len(alice.hasher.spent) == 5
        assert await guess(alice, PASSWORD) is TooManyAttempts

    async def test_rl_04_a_success_clears_that_accounts_counter_alone(
        self, alice: MemoryDeployment
    ) -> None:
        await alice.somebody("mallory")
        for _ in range(4):
            await guess(alice)

        assert await guess(alice, PASSWORD, login="mallory") is None
        assert await guess(alice) is InvalidCredentials
        assert await guess(alice) is TooManyAttempts

    async def test_rl_04_a_success_leaves_what_its_network_has_failed(
        self, alice: MemoryDeployment
    ) -> None:
        for _ in range(3):
            await guess(alice)
        assert await guess(alice, PASSWORD) is None
        await alice.throttle.settled()

        counted = [alice.stores.failures.total(rule) for rule in Rule]
        assert dict(zip(Rule, counted, strict=True)) == {
            Rule.DEVICE: 0,
            Rule.ACCOUNT: 0,
            Rule.NETWORK: 3,
            Rule.TOTAL: 0,
        }

    async def test_rl_04_a_success_begins_anew(self, alice: MemoryDeployment) -> None:
        for _ in range(3):
            for _ in range(4):
                await guess(alice)
            assert await guess(alice, PASSWORD) is None

    async def test_rl_05_strangers_elsewhere_do_not_lock_the_owner_out(
        self, alice: MemoryDeployment
    ) -> None:
        for _ in range(20):
            await guess(alice, address=OFFICE)

        assert await guess(alice, address=OFFICE) is TooManyAttempts
        assert await guess(alice, PASSWORD, address=HOME) is None

    async def test_rl_09_an_ipv6_network_guesses_as_one(self, alice: MemoryDeployment) -> None:
        for host in range(1, 6):
            assert await guess(alice, address=f"2001:db8::{host:x}") is InvalidCredentials

        assert await guess(alice, PASSWORD, address="2001:db8::ffff") is TooManyAttempts
        assert await guess(alice, PASSWORD, address="2001:db8:0:1::1") is None

    async def test_rl_07_whoever_has_no_address_guesses_as_one(
        self, alice: MemoryDeployment
    ) -> None:
        for address in (None, "", "junk", "999.1.1.1", "x" * 9999):
            assert await guess(alice, address=address) is InvalidCredentials

        assert await guess(alice, PASSWORD, address="another") is TooManyAttempts

    async def test_rl_03_by_name_or_by_address_is_one_account(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.register(username="alice", email="a@example.com", password=PASSWORD)
        for login in ("alice", "a@example.com", "ALICE", "A@example.com", "alice"):
            assert await guess(deployment, login=login) is InvalidCredentials

        assert await guess(deployment, PASSWORD, login="a@example.com") is TooManyAttempts

    async def test_d12_no_account_is_locked_by_a_clock_that_is_set_back(
        self, alice: MemoryDeployment
    ) -> None:
        """D12, RF-16: nobody waits until the old time comes round again."""
        for _ in range(5):
            await guess(alice)

        alice.clock.advance(days=-1)

        assert await guess(alice, PASSWORD) is None


class TestAGuessThatCannotBeCounted:
    async def test_is_neither_a_success_nor_told_to_be_wrong(self, alice: MemoryDeployment) -> None:
        """RF-08: else a full disk would tell wrong passwords from right ones, and count none."""
        alice.hasher.spent.clear()
        alice.stores.failures.writable = False

        for password in ("a wrong one", PASSWORD):
            assert await guess(alice, password) is TemporarilyUnavailable
        assert alice.hasher.spent == []

    async def test_is_counted_once_too_often_if_it_cannot_be_taken_back(
        self, alice: MemoryDeployment
    ) -> None:
        alice.hasher.meanwhile = alice.stores.failures.break_down
        assert await guess(alice, PASSWORD) is None
        await alice.throttle.settled()

        alice.stores.failures.writable = True
        assert alice.stores.failures.total() == 1
        assert await guess(alice, PASSWORD) is None


class TestAGuessWhenTooManyWait:
    async def test_is_not_counted_if_it_was_not_looked_at(self, alice: MemoryDeployment) -> None:
        alice.hasher.room = 0
        for _ in range(20):
            assert await guess(alice) is HashingOverloaded

        assert alice.stores.failures.total() == 0

    @pytest.mark.parametrize("login", ["alice", "older", "nobody"])
    async def test_is_counted_if_it_was_even_if_the_decoys_are_refused(
        self, alice: MemoryDeployment, login: str
    ) -> None:
        """EN-02, RL-01: whoever fills the queue must not guess for nothing meanwhile."""
        hasher = alice.hasher
        await alice.keep(
            a_user(
                username=alice.usernames.parse("older"),
                password=hasher.decoy(OLDER),
            )
        )
        outcomes = []
        for _ in range(7):
            hasher.room = 1
            outcomes.append(await guess(alice, login=login))

        assert outcomes == [HashingOverloaded] * 5 + [TooManyAttempts] * 2
