from functools import partial

import pytest

from hexkey.application.accounts.password_change import ReplacePassword
from hexkey.domain.accounts.password import (
    HashingOverloaded,
    PasswordCommon,
    PasswordRejected,
    PasswordTooShort,
)
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.builders import a_user, an_id
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio

NEW = "battery staple"
HOME = "203.0.113.7"


@pytest.fixture
async def alice(deployment: MemoryDeployment) -> User:
    return await deployment.somebody("alice")


async def change(
    deployment: MemoryDeployment, user: User, current: str = PASSWORD, new: str = NEW
) -> None:
    await deployment.change_password(
        user=user.id, current_password=current, new_password=new, address=HOME
    )


class TestChangePassword:
    async def test_replaces_the_password(self, deployment: MemoryDeployment, alice: User) -> None:
        await change(deployment, alice)

        await deployment.authenticate(login="alice", password=NEW)
        with pytest.raises(InvalidCredentials):
            await deployment.authenticate(login="alice", password=PASSWORD)

    @pytest.mark.parametrize("wrong", ["", "a wrong one", PASSWORD.upper(), NEW, "x" * 9999])
    async def test_pw_13_needs_the_current_password(
        self, deployment: MemoryDeployment, alice: User, wrong: str
    ) -> None:
        with pytest.raises(InvalidCredentials):
            await change(deployment, alice, current=wrong)

        assert await deployment.stored(alice.id) == alice

    async def test_pw_13_lets_the_sixth_wrong_one_wait(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        """PW-13: rate-limited like a sign-in, and by the same counter (RL-03)."""
        for _ in range(5):
            with pytest.raises(InvalidCredentials):
                await change(deployment, alice, current="a wrong one")

        with pytest.raises(TooManyAttempts):
            await change(deployment, alice)
        with pytest.raises(TooManyAttempts):
            await deployment.authenticate(login="alice", password=PASSWORD, address=HOME)

        deployment.clock.advance(seconds=1)
        await change(deployment, alice)

    @pytest.mark.parametrize("new", ["short", "x" * 257, "password1", "hexkey12\0"])
    async def test_takes_no_bad_one_and_does_not_look_at_the_current_one(
        self, deployment: MemoryDeployment, alice: User, new: str
    ) -> None:
        deployment.hasher.spent.clear()
        with pytest.raises(PasswordRejected):
            await change(deployment, alice, new=new)

        assert deployment.hasher.spent == []
        assert await deployment.stored(alice.id) == alice

    async def test_pw_07_takes_none_that_everybody_knows(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        await deployment.update_profile(user=alice.id, full_name="Alice Liddell")

        with pytest.raises(PasswordCommon):
            await change(deployment, alice, new="ALICE liddell")

    async def test_rc_06_ends_every_session_but_the_one_that_is_kept(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        """RC-06: at once, though each was just resolved."""
        await deployment.somebody("bob")
        signed_in = [await deployment.sign_in(login="alice", password=PASSWORD) for _ in range(3)]
        bob = await deployment.sign_in(login="bob", password=PASSWORD)
        for each in (*signed_in, bob):
            await deployment.resolve(token=each.access_token)

        await deployment.change_password(
            user=alice.id,
            current_password=PASSWORD,
            new_password=NEW,
            keep_session=signed_in[1].session,
        )

        for each in (signed_in[0], signed_in[2]):
            with pytest.raises(InvalidToken):
                await deployment.resolve(token=each.access_token)
        await deployment.resolve(token=signed_in[1].access_token)
        await deployment.resolve(token=bob.access_token)

    async def test_is_refused_to_who_is_not_there(self, deployment: MemoryDeployment) -> None:
        with pytest.raises(InvalidCredentials):
            await change(deployment, a_user())

    async def test_is_refused_to_a_disabled_user(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        await deployment.disable(user=alice.id)

        with pytest.raises(InvalidCredentials):
            await change(deployment, alice)

    async def test_pw_14_is_refused_to_whoever_has_no_password(
        self, deployment: MemoryDeployment
    ) -> None:
        user = a_user(password=None)
        await deployment.keep(user)

        for odd in ("", "null", "0", "!"):
            with pytest.raises(InvalidCredentials):
                await change(deployment, user, current=odd)

    async def test_ra_05_of_two_changes_at_once_the_one_that_comes_second_is_refused(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        """RA-05: it was proved with a password that is no more."""
        deployment.hasher.meanwhile = partial(change, deployment, alice, new="the other one")

        with pytest.raises(InvalidCredentials):
            await change(deployment, alice)

        await deployment.authenticate(login="alice", password="the other one")

    async def test_ra_05_is_refused_to_a_user_who_is_disabled_meanwhile(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        """Or who was thrown out could choose the password for the time after."""
        deployment.hasher.meanwhile = partial(deployment.disable, user=alice.id)

        with pytest.raises(InvalidCredentials):
            await change(deployment, alice)

        assert (await deployment.stored(alice.id)).password == alice.password

    async def test_survives_a_rehash_in_between(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        """PW-10: a rehash is the same password, so what was proved is still proved."""
        rehashed = alice.with_rehashed_password(deployment.hasher.decoy(deployment.hasher.scheme))

        async def rehash() -> None:
            async with deployment.stores.store.begin() as transaction:
                await transaction.users.replace(alice, rehashed)
                await transaction.commit()

        deployment.hasher.meanwhile = rehash
        await change(deployment, alice)

        await deployment.authenticate(login="alice", password=NEW)

    @pytest.mark.parametrize("room", [0, 1, None])
    async def test_changes_nothing_when_a_port_gives_way(
        self, deployment: MemoryDeployment, alice: User, room: int | None
    ) -> None:
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
        deployment.hasher.room = room
        deployment.stores.store.writable = room is not None

        with pytest.raises(TemporarilyUnavailable if room is None else HashingOverloaded):
            await change(deployment, alice)

        assert await deployment.stored(alice.id) == alice
        await deployment.resolve(token=token)


class TestSetPassword:
    async def test_needs_no_current_one_and_ends_every_session(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token

        await deployment.set_password(user=alice.id, new_password=NEW)

        await deployment.authenticate(login="alice", password=NEW)
        with pytest.raises(InvalidToken):
            await deployment.resolve(token=token)

    async def test_gives_one_to_whoever_had_none(self, deployment: MemoryDeployment) -> None:
        await deployment.keep(
            user := a_user(username=deployment.usernames.parse("social"), password=None)
        )

        await deployment.set_password(user=user.id, new_password=NEW)

        await deployment.authenticate(login="social", password=NEW)

    async def test_gives_one_to_a_disabled_user_who_stays_disabled(
        self, deployment: MemoryDeployment, alice: User
    ) -> None:
        await deployment.disable(user=alice.id)

        await deployment.set_password(user=alice.id, new_password=NEW)

        assert not (await deployment.stored(alice.id)).is_active
        await deployment.enable(user=alice.id)
        await deployment.authenticate(login="alice", password=NEW)

    async def test_keeps_the_rules(self, deployment: MemoryDeployment, alice: User) -> None:
        with pytest.raises(PasswordTooShort):
            await deployment.set_password(user=alice.id, new_password="short")

    async def test_does_not_know_who_is_not_there(self, deployment: MemoryDeployment) -> None:
        with pytest.raises(UserNotFound):
            await deployment.set_password(user=UserId(an_id()), new_password=NEW)


class TestReplacePassword:
    async def test_is_refused_when_the_user_is_gone(self, deployment: MemoryDeployment) -> None:
        user = a_user()
        assert user.password is not None
        replace = ReplacePassword(
            store=deployment.stores.store,
            tell=deployment.tell,
            changes=deployment.signed_in,
            clock=deployment.clock,
        )

        with pytest.raises(InvalidCredentials):
            await replace(user, user.password, keep=None)
