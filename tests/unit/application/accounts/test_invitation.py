import asyncio
from typing import Any

import pytest

from hexkey.application.access.roles import DefineRole, RemoveRole
from hexkey.application.accounts.registration import (
    LoginNameRequired,
    RegistrationMode,
    RegistrationPolicy,
)
from hexkey.domain.access import ADMIN, Role, RoleNotFound
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.password import PasswordCommon, PasswordTooShort
from hexkey.domain.accounts.user import EmailTaken, User, UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from tests.support.account_life import ADDRESS, AccountLife, Delivered
from tests.support.audits import an_audit
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio

ROLES = frozenset({Role("editor"), Role("auditor")})


@pytest.fixture
async def life() -> AccountLife:
    policy = RegistrationPolicy(mode=RegistrationMode.INVITED)
    return AccountLife(MemoryDeployment(registration=policy))


async def define(life: AccountLife, *roles: Role) -> None:
    """Let there be such roles."""
    defining = DefineRole(store=life.store, audit=an_audit(), clock=life.clock)
    for role in roles:
        await defining(name=role, permissions=["app:read"])


async def remove(life: AccountLife, *roles: Role) -> None:
    """Let there be none."""
    for role in roles:
        await RemoveRole(store=life.store, audit=an_audit(), clock=life.clock)(name=role)


@pytest.fixture
async def mail(life: AccountLife) -> Delivered:
    await define(life, *ROLES)
    await life.invite(email=ADDRESS, roles=ROLES, language="de")
    return await life.mail("invitation")


class TestAcceptInvitation:
    async def test_rc_15_begins_an_account_at_that_address_with_those_roles(
        self, life: AccountLife, mail: Delivered
    ) -> None:
        assert mail.to == ADDRESS
        user = await life.accept(
            token=mail.token, username="alice", password=PASSWORD, full_name="Alice", language="en"
        )

        assert user == await life.on.stored(user.id)
        assert user.email is not None
        assert (user.email.value, user.email_verified, user.roles) == (ADDRESS, True, ROLES)
        assert (user.language, user.profile.full_name) == ("en", "Alice")
        assert await life.may_sign_in(ADDRESS, PASSWORD)

    async def test_rc_15_works_once_of_fifty_times(
        self, life: AccountLife, mail: Delivered
    ) -> None:
        """RC-15, RA-02, P93."""
        outcomes = await asyncio.gather(
            *(
                life.accept(token=mail.token, username=f"alice{number}", password=PASSWORD)
                for number in range(50)
            ),
            return_exceptions=True,
        )

        assert sum(isinstance(it, User) for it in outcomes) == 1
        assert sum(isinstance(it, InvalidOrExpiredToken) for it in outcomes) == 49

    async def test_rc_15_expires_after_seven_days(self, life: AccountLife, mail: Delivered) -> None:
        life.wait(days=7)

        with pytest.raises(InvalidOrExpiredToken):
            await life.accept(token=mail.token, username="alice", password=PASSWORD)

    async def test_rc_15_a_newer_one_counts_instead(
        self, life: AccountLife, mail: Delivered
    ) -> None:
        life.wait(minutes=1)
        await life.invite(email=ADDRESS)
        newer = await life.mail("invitation")

        with pytest.raises(InvalidOrExpiredToken):
            await life.accept(token=mail.token, username="alice", password=PASSWORD)
        user = await life.accept(token=newer.token, password=PASSWORD)
        assert user.roles == frozenset()

    @pytest.mark.parametrize(
        ("values", "refusal"),
        [
            ({"username": "Admin", "password": PASSWORD}, InvalidUsername),
            ({"username": "a@b", "password": PASSWORD}, InvalidUsername),
            ({"username": "bob", "password": PASSWORD}, UsernameTaken),
            ({"username": "alice", "password": "short"}, PasswordTooShort),
            ({"username": "alice", "password": ADDRESS}, PasswordCommon),
        ],
    )
    async def test_stays_usable_after_what_will_not_do(
        self,
        life: AccountLife,
        mail: Delivered,
        values: dict[str, Any],
        refusal: type[Exception],
    ) -> None:
        await life.on.register_user.by_operator(username="bob", password=PASSWORD)

        with pytest.raises(refusal):
            await life.accept(token=mail.token, **values)
        await life.accept(token=mail.token, username="alice", password=PASSWORD)

    async def test_is_void_when_the_address_is_somebodys_by_then(
        self, life: AccountLife, mail: Delivered
    ) -> None:
        await life.on.register_user.by_operator(email=ADDRESS, password=PASSWORD)

        with pytest.raises(InvalidOrExpiredToken):
            await life.accept(token=mail.token, username="alice", password=PASSWORD)

    @pytest.mark.parametrize("again", [False, True])
    async def test_az_04_gives_no_role_that_was_removed_meanwhile(
        self, life: AccountLife, mail: Delivered, again: bool
    ) -> None:
        """AZ-04: nor what is defined later under its name; the rest of the invitation stays."""
        await remove(life, Role("editor"))
        life.wait(minutes=1)
        if again:
            await define(life, Role("editor"))

        user = await life.accept(token=mail.token, username="alice", password=PASSWORD)

        assert user.roles == (await life.on.stored(user.id)).roles == {Role("auditor")}

    async def test_gives_a_role_that_was_changed_meanwhile(
        self, life: AccountLife, mail: Delivered
    ) -> None:
        """As everybody has it who holds that role."""
        life.wait(minutes=1)
        await define(life, Role("editor"))

        user = await life.accept(token=mail.token, username="alice", password=PASSWORD)

        assert user.roles == ROLES

    async def test_asks_for_a_user_name_where_the_deployment_does(self) -> None:
        policy = RegistrationPolicy(mode=RegistrationMode.INVITED, username_required=True)
        life = AccountLife(MemoryDeployment(registration=policy))
        await life.invite(email=ADDRESS)
        mail = await life.mail("invitation")

        with pytest.raises(LoginNameRequired):
            await life.accept(token=mail.token, password=PASSWORD)


class TestInviteUser:
    async def test_invites_nobody_who_is_there(self, life: AccountLife) -> None:
        await life.on.register_user.by_operator(email=ADDRESS, password=PASSWORD)

        with pytest.raises(EmailTaken):
            await life.invite(email=ADDRESS)
        with pytest.raises(InvalidEmail):
            await life.invite(email="nobody")
        assert await life.deliver() == []

    @pytest.mark.parametrize("role", ["not-there", "Not-A-Role", "", "two words", "x" * 65, "ä"])
    async def test_az_04_invites_nobody_to_a_role_that_nobody_has_defined(
        self, life: AccountLife, role: str
    ) -> None:
        """AZ-04: whoever defines it later would decide what they may do."""
        await define(life, *ROLES)

        with pytest.raises(RoleNotFound):
            await life.invite(email=ADDRESS, roles={*ROLES, Role(role)})

        assert await life.deliver() == []

    async def test_invites_an_administrator(self, life: AccountLife) -> None:
        """The role that needs no definition."""
        await life.invite(email=ADDRESS, roles={ADMIN})
        mail = await life.mail("invitation")

        user = await life.accept(token=mail.token, password=PASSWORD)

        assert user.roles == {ADMIN}

    async def test_sends_nothing_when_the_address_is_somebodys_by_then(
        self, life: AccountLife
    ) -> None:
        await life.invite(email=ADDRESS)
        await life.on.register_user.by_operator(email=ADDRESS, password=PASSWORD)

        assert await life.deliver() == []
