import asyncio
import unicodedata
from typing import Any

import pytest

from hexkey.application.accounts.registration import (
    LoginNameRequired,
    RegistrationClosed,
    RegistrationMode,
    RegistrationPolicy,
)
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.password import (
    HashingOverloaded,
    PasswordCommon,
    PasswordPolicy,
    PasswordTooLong,
    PasswordTooShort,
)
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import Active, EmailTaken, UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import START

pytestmark = pytest.mark.anyio


class TestRegisterUser:
    async def test_makes_an_account(self, deployment: MemoryDeployment) -> None:
        user = await deployment.register(
            username="Alice", email="Alice@Example.com", password=PASSWORD, full_name=" Alice L "
        )

        assert user == await deployment.stored(user.id)
        assert user.username is not None
        assert user.username.value == "Alice"
        assert user.email is not None
        assert user.email.value == "Alice@Example.com"
        assert user.profile.full_name == "Alice L"
        assert user.status == Active()
        assert not user.email_verified
        assert user.roles == frozenset()
        assert (user.created_at, user.updated_at) == (START, START)

    async def test_pw_12_keeps_a_hash_and_never_the_password(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await deployment.somebody()

        assert user.password is not None
        assert deployment.hasher.scheme_of(user.password) == deployment.hasher.scheme
        assert PASSWORD not in user.password

    async def test_d6_one_of_the_two_names_is_enough(self, deployment: MemoryDeployment) -> None:
        by_name = await deployment.register(username="alice", password=PASSWORD)
        by_address = await deployment.register(email="b@example.com", password=PASSWORD)

        assert by_name.email is None
        assert by_address.username is None

    @pytest.mark.parametrize(
        ("policy", "names"),
        [
            ({}, {}),
            ({"username_required": True}, {"email": "a@example.com"}),
            ({"email_required": True}, {"username": "alice"}),
            ({"username_required": True, "email_required": True}, {"username": "alice"}),
        ],
    )
    async def test_d6_the_policy_may_ask_for_either(
        self, policy: dict[str, Any], names: dict[str, Any]
    ) -> None:
        deployment = MemoryDeployment(registration=RegistrationPolicy(**policy))

        with pytest.raises(LoginNameRequired):
            await deployment.register(**names, password=PASSWORD)
        await deployment.register(username="alice", email="a@example.com", password=PASSWORD)

    @pytest.mark.parametrize("mode", [RegistrationMode.CLOSED, RegistrationMode.INVITED])
    async def test_az_09_is_closed_to_strangers_and_never_to_operators(
        self, mode: RegistrationMode
    ) -> None:
        deployment = MemoryDeployment(registration=RegistrationPolicy(mode=mode))

        with pytest.raises(RegistrationClosed):
            await deployment.register(username="alice", password=PASSWORD)
        await deployment.register_user.by_operator(username="alice", password=PASSWORD)

    async def test_id_06_gives_reserved_names_only_to_operators(
        self, deployment: MemoryDeployment
    ) -> None:
        with pytest.raises(InvalidUsername):
            await deployment.register(username="Admin", password=PASSWORD)
        await deployment.register_user.by_operator(username="Admin", password=PASSWORD)

    @pytest.mark.parametrize(
        ("values", "refusal"),
        [
            ({"username": "a@b", "password": PASSWORD}, InvalidUsername),
            ({"email": "nobody", "password": PASSWORD}, InvalidEmail),
            ({"username": "alice", "password": PASSWORD, "full_name": "a\0"}, InvalidProfile),
            ({"username": "alice", "password": "short"}, PasswordTooShort),
            ({"username": "alice", "password": "x" * 257}, PasswordTooLong),
            ({"username": "alice", "password": "x" * 1_000_000}, PasswordTooLong),
            ({"username": "alice", "password": "Password1"}, PasswordCommon),
        ],
    )
    async def test_pw_03_hashes_nothing_for_what_it_refuses(
        self, deployment: MemoryDeployment, values: dict[str, Any], refusal: type[HexkeyError]
    ) -> None:
        """PW-03: and nothing is kept."""
        with pytest.raises(refusal):
            await deployment.register(**values)

        assert deployment.hasher.hashed == 0
        assert (await deployment.stores.users.page(after=None, limit=1)).users == []

    async def test_pw_01_asks_for_as_many_code_points_as_the_policy_says(self) -> None:
        deployment = MemoryDeployment(password_policy=PasswordPolicy(minimum=15))

        with pytest.raises(PasswordTooShort):
            await deployment.register(username="alice", password="q" * 14)
        await deployment.register(username="alice", password="q" * 15)

    @pytest.mark.parametrize(
        "known",
        [
            "alice.liddell@example.com",
            "ALICE.LIDDELL@EXAMPLE.COM",
            "alice.liddell",
            "Wonderland-Alice",
            "wonderland-alice",
            "Alice Pleasance Liddell",
            "Looking Glass",
        ],
    )
    async def test_pw_07_takes_no_password_that_everybody_knows(self, known: str) -> None:
        """PW-07: own e-mail, its local part, user name, full name, and the service's."""
        deployment = MemoryDeployment(password_policy=PasswordPolicy(service_name="Looking Glass"))

        with pytest.raises(PasswordCommon):
            await deployment.register(
                username="Wonderland-Alice",
                email="Alice.Liddell@example.com",
                full_name="Alice Pleasance Liddell",
                password=known,
            )

    @pytest.mark.parametrize(
        ("second", "refusal"),
        [
            ({"username": "ALICE"}, UsernameTaken),
            ({"username": "\uff41lice"}, UsernameTaken),
            ({"username": "a1ice"}, UsernameTaken),  # looks the same
            ({"email": "A@EXAMPLE.COM"}, EmailTaken),
            ({"username": "bob", "email": "a@example.com"}, EmailTaken),
        ],
    )
    async def test_refuses_a_name_that_is_taken(
        self, deployment: MemoryDeployment, second: dict[str, Any], refusal: type[HexkeyError]
    ) -> None:
        await deployment.register(username="alice", email="a@example.com", password=PASSWORD)

        with pytest.raises(refusal):
            await deployment.register(**second, password=PASSWORD)

    async def test_id_07_folds_neither_dots_nor_plus_signs(
        self, deployment: MemoryDeployment
    ) -> None:
        for address in ("a.b@example.com", "ab@example.com", "a.b+c@example.com"):
            await deployment.register(email=address, password=PASSWORD)

    @pytest.mark.parametrize("field", ["username", "email"])
    async def test_ra_01_id_05_of_fifty_spellings_at_once_one_gets_the_account(
        self, deployment: MemoryDeployment, field: str
    ) -> None:
        """RA-01, ID-05: one account, 49 ordinary refusals, no other error."""
        name = "Zoe\u0301Mallory" if field == "username" else "mallory@Example.com"
        spellings = [
            unicodedata.normalize("NFC" if number % 2 else "NFD", _cased(name, number // 2))
            for number in range(50)
        ]

        named: list[dict[str, Any]] = [{field: each} for each in spellings]
        outcomes = await asyncio.gather(
            *(deployment.register(**each, password=PASSWORD) for each in named),
            return_exceptions=True,
        )

        refusal = UsernameTaken if field == "username" else EmailTaken
        refused = [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
        assert refused == [refusal] * 49
        assert len((await deployment.stores.users.page(after=None, limit=100)).users) == 1

    async def test_id_08_gives_an_id_that_does_not_hang_on_names(
        self, deployment: MemoryDeployment
    ) -> None:
        """ID-08: opaque, ASCII, unaffected by a change of name, never given to another."""
        alice = await deployment.somebody("alice")
        renamed = await deployment.update_profile(user=alice.id, username="queen")
        heir = await deployment.somebody("alice")

        assert renamed.id == alice.id != heir.id
        assert alice.id.isascii()
        assert len(alice.id) <= 255
        assert "alice" not in alice.id
        assert heir.roles == frozenset()

    @pytest.mark.parametrize("fault", ["queue", "commit"])
    async def test_keeps_nothing_when_a_port_gives_way(
        self, deployment: MemoryDeployment, fault: str
    ) -> None:
        deployment.hasher.room = 0 if fault == "queue" else None
        deployment.stores.store.writable = fault != "commit"
        refusal = HashingOverloaded if fault == "queue" else TemporarilyUnavailable
        with pytest.raises(refusal):
            await deployment.somebody("alice")

        deployment.hasher.room = None
        deployment.stores.store.writable = True
        await deployment.somebody("alice")


def _cased(name: str, number: int) -> str:
    return "".join(c.upper() if number >> i & 1 else c.lower() for i, c in enumerate(name))
