"""EN-01, EN-02: what a guess costs and what it tells do not depend on whose name was given."""

from collections import Counter
from datetime import timedelta

import pytest

from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError
from tests.support.builders import a_user
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import ARGON2, FOREIGN, OLDER, START, TODAYS, UNBEARABLE

pytestmark = pytest.mark.anyio

EVERY_KIND = ["nobody", "wrong", "disabled", "passwordless", "older", "unverifiable", "no_name"]
ODD_VALUES = ["", " ", "null", "None", "[]", "{}", "0", "false", "true", "\0", "!", "*", "\ud800"]


@pytest.fixture
async def populated(deployment: MemoryDeployment) -> MemoryDeployment:
    """One account of each kind, so that two schemes are live."""
    await deployment.somebody("wrong")
    disabled = await deployment.somebody("disabled")
    await deployment.disable(user=disabled.id)
    await deployment.keep(
        _imported(deployment, "older", OLDER),
        _imported(deployment, "passwordless", None),
        _imported(deployment, "unverifiable", UNBEARABLE),
    )
    return deployment


def _imported(
    deployment: MemoryDeployment, name: str, scheme: PasswordScheme | None, password: str = PASSWORD
) -> User:
    hashed = (
        None if scheme is None else deployment.hasher.hash_under(scheme, Password.typed(password))
    )
    if scheme == UNBEARABLE:
        hashed = PasswordHash(UNBEARABLE + "." * 53)
    return a_user(username=deployment.usernames.parse(name), password=hashed)


async def _refused(deployment: MemoryDeployment, name: str, password: str) -> HexkeyError:
    login = "no name at all" if name == "no_name" else name
    with pytest.raises(HexkeyError) as refusal:
        await deployment.authenticate(login=login, password=password, address="203.0.113.7")
    return refusal.value


class TestCheckPassword:
    @pytest.mark.parametrize("name", EVERY_KIND)
    async def test_en_01_refuses_everybody_alike(
        self, populated: MemoryDeployment, name: str
    ) -> None:
        """EN-01: unknown, wrong, disabled, passwordless: the same class, words and attributes."""
        refusal = await _refused(populated, name, "a wrong password")

        assert type(refusal) is InvalidCredentials
        assert (refusal.args, vars(refusal)) == ((), {})
        assert refusal.__cause__ is None

    async def test_en_01_refuses_a_disabled_user_with_the_right_password_alike(
        self, populated: MemoryDeployment
    ) -> None:
        assert type(await _refused(populated, "disabled", PASSWORD)) is InvalidCredentials

    @pytest.mark.parametrize("name", EVERY_KIND)
    async def test_en_01_lets_everybody_rest_alike(
        self, populated: MemoryDeployment, name: str
    ) -> None:
        """EN-01, RL-08: the delayed answer is the same for unknown, known and right."""
        for _ in range(5):
            assert type(await _refused(populated, name, "a wrong password")) is InvalidCredentials

        for password in ("a wrong password", PASSWORD):
            refusal = await _refused(populated, name, password)
            assert isinstance(refusal, TooManyAttempts)
            assert refusal.retry_after == timedelta(seconds=1)

    @pytest.mark.parametrize(
        "spellings",
        [
            ["alice", "ALICE", "\uff41\uff4c\uff49\uff43\uff45", "Alice", "aLICE"],
            [
                "a@example.com",
                "A@example.com",
                "a@EXAMPLE.com",
                "\uff21@example.com",
                "a@eXample.com",
            ],
        ],
        ids=["username", "email"],
    )
    @pytest.mark.parametrize("exists", [True, False])
    async def test_en_01_counts_all_spellings_of_a_name_together_for_nobody_too(
        self, deployment: MemoryDeployment, spellings: list[str], exists: bool
    ) -> None:
        """RL-09: a counter that spellings share only if there is an account tells that there is."""
        if exists:
            await deployment.register(username="alice", email="a@example.com", password=PASSWORD)
        for login in spellings:
            assert type(await _refused(deployment, login, "a wrong one")) is InvalidCredentials

        for login in spellings:
            assert type(await _refused(deployment, login, "a wrong one")) is TooManyAttempts

    @pytest.mark.parametrize("name", EVERY_KIND)
    async def test_en_02_spends_the_same_schemes_on_everybody(
        self, populated: MemoryDeployment, name: str
    ) -> None:
        """EN-02, countable: one verification for each live scheme, never more, never fewer."""
        populated.hasher.spent.clear()

        await _refused(populated, name, "a wrong password")

        assert Counter(populated.hasher.spent) == Counter([TODAYS, OLDER])
        assert populated.hasher.hashed == 2  # the two registrations; nothing else was hashed

    async def test_en_02_spends_the_same_on_a_right_password_of_a_disabled_user(
        self, populated: MemoryDeployment
    ) -> None:
        populated.hasher.spent.clear()

        await _refused(populated, "disabled", PASSWORD)

        assert Counter(populated.hasher.spent) == Counter([TODAYS, OLDER])

    async def test_en_02_spends_one_verification_on_whoever_is_right(
        self, populated: MemoryDeployment
    ) -> None:
        await populated.live_schemes.decoys()
        populated.hasher.spent.clear()

        await populated.authenticate(login="wrong", password=PASSWORD)
        await populated.authenticate(login="older", password=PASSWORD)

        assert populated.hasher.spent == [TODAYS, OLDER]

    @pytest.mark.parametrize("name", EVERY_KIND)
    async def test_pw_03_spends_nothing_on_what_no_account_can_have(
        self, populated: MemoryDeployment, name: str
    ) -> None:
        populated.hasher.spent.clear()

        for over_long in ("x" * 257, "x" * 1_000_000):
            assert type(await _refused(populated, name, over_long)) is InvalidCredentials

        assert populated.hasher.spent == []
        assert populated.stores.failures.total() == 0  # and it was no guess

    @pytest.mark.parametrize("odd", ODD_VALUES)
    @pytest.mark.parametrize("name", ["passwordless", "unverifiable", "nobody", "wrong"])
    async def test_pw_14_no_odd_value_is_a_password(
        self, populated: MemoryDeployment, name: str, odd: str
    ) -> None:
        assert type(await _refused(populated, name, odd)) is InvalidCredentials

    @pytest.mark.parametrize("marker", [*ODD_VALUES, "disabled", "$2b$12$"])
    async def test_pw_14_no_stored_marker_is_a_hash(
        self, deployment: MemoryDeployment, marker: str
    ) -> None:
        """PW-14: whatever an import left in place of a hash, typing it does not help."""
        name = deployment.usernames.parse("imported")
        await deployment.keep(a_user(username=name, password=PasswordHash(marker)))

        assert type(await _refused(deployment, "imported", marker)) is InvalidCredentials

    @pytest.mark.parametrize("name", ["older", "foreign", "argon2"])
    async def test_takes_every_scheme_it_can_verify(
        self, deployment: MemoryDeployment, name: str
    ) -> None:
        scheme = {"older": OLDER, "foreign": FOREIGN, "argon2": ARGON2}[name]
        await deployment.keep(_imported(deployment, name, scheme))

        user = await deployment.authenticate(login=name, password=PASSWORD)

        assert user.username is not None
        assert user.username.key == name

    async def test_pw_13_a_password_does_not_age(self, deployment: MemoryDeployment) -> None:
        """PW-13: no periodic expiry."""
        await deployment.somebody("alice")
        deployment.clock.advance(days=400)

        await deployment.authenticate(login="alice", password=PASSWORD)

    async def test_pw_05_pw_06_compares_what_was_typed_in_nfc_and_nothing_else(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.somebody("alice", password=" caf\u00e9 noir")

        await deployment.authenticate(login="alice", password=" cafe\u0301 noir")
        for other in ("caf\u00e9 noir", " Caf\u00e9 noir", " cafe noir", " caf\uff45\u0301 noir"):
            await _refused(deployment, "alice", other)

    async def test_finds_nobody_by_a_name_longer_than_any(
        self, deployment: MemoryDeployment
    ) -> None:
        assert type(await _refused(deployment, "x" * 100_000, PASSWORD)) is InvalidCredentials

    async def test_does_not_mind_what_a_user_says_about_themselves(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await deployment.somebody("alice")
        await deployment.update_profile(user=user.id, full_name="Alice")

        found = await deployment.authenticate(login="ALICE", password=PASSWORD)

        assert found.profile == Profile(full_name="Alice")
        assert found.created_at == START
