import asyncio

import pytest

from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.user import EmailTaken, User, UserNotFound
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.account_life import ADDRESS, NEW_PASSWORD, OTHER_ADDRESS, AccountLife
from tests.support.builders import an_id
from tests.support.deployments import PASSWORD

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.somebody()


async def address_of(life: AccountLife, user: User) -> tuple[str | None, bool]:
    stored = await life.on.stored(user.id)
    return (stored.email.value if stored.email else None, stored.email_verified)


class TestChangeEmail:
    async def test_rc_12_changes_nothing_until_the_new_address_is_confirmed(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.change_email(alice)
        assert mail.to == OTHER_ADDRESS
        assert await address_of(life, alice) == (ADDRESS, True)

        await life.confirm_change(token=mail.token)

        assert await address_of(life, alice) == (OTHER_ADDRESS, True)
        assert await life.may_sign_in(OTHER_ADDRESS, PASSWORD)
        assert not await life.may_sign_in(ADDRESS, PASSWORD)

    async def test_rc_07_tells_both_addresses_and_the_old_one_can_undo(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-07, RC-12."""
        mail = await life.change_email(alice)
        await life.confirm_change(token=mail.token)

        told = {it.kind: it for it in await life.deliver()}

        assert told.keys() == {"email_changed_new", "email_changed_old"}
        assert told["email_changed_new"].to == OTHER_ADDRESS
        assert told["email_changed_old"].to == ADDRESS
        assert told["email_changed_old"].values["new_address"] == OTHER_ADDRESS

    async def test_en_03_asks_alike_for_free_and_taken_addresses(
        self, life: AccountLife, alice: User
    ) -> None:
        """EN-03, EN-04: the owner of a taken one hears of it; whoever asks does not."""
        await life.somebody("bob@example.com", "bob")

        await life.request_change(user=alice.id, email="BOB@example.com")

        assert await life.kinds() == [("address_in_use", "bob@example.com")]
        assert await address_of(life, alice) == (ADDRESS, True)

    async def test_is_refused_when_the_address_is_somebodys_by_then(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.change_email(alice)
        await life.on.register(username="bob", email=OTHER_ADDRESS, password=PASSWORD)

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm_change(token=mail.token)
        assert await address_of(life, alice) == (ADDRESS, True)

    async def test_rc_02_only_the_latest_request_counts(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-02, P67: to whichever addresses they were."""
        older = await life.change_email(alice, "one@example.com")
        life.wait(minutes=1)
        newer = await life.change_email(alice, "two@example.com")

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm_change(token=older.token)
        await life.confirm_change(token=newer.token)
        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm_change(token=newer.token)

    @pytest.mark.parametrize("when", ["before the mail", "after the mail"])
    async def test_rc_02_is_void_when_the_password_was_changed(
        self, life: AccountLife, alice: User, when: str
    ) -> None:
        """RC-02: a thief's request does not survive that the owner has locked them out."""
        if when == "after the mail":
            mail = await life.change_email(alice)
        else:
            await life.request_change(user=alice.id, email=OTHER_ADDRESS)
        await life.on.change_password(
            user=alice.id, current_password=PASSWORD, new_password=NEW_PASSWORD
        )

        if when == "after the mail":
            with pytest.raises(InvalidOrExpiredToken):
                await life.confirm_change(token=mail.token)
        assert "change_email" not in {it.kind for it in await life.deliver()}

    async def test_p67_a_pending_verification_of_the_old_address_is_void(
        self, life: AccountLife
    ) -> None:
        user = await life.on.register(username="alice", email=ADDRESS, password=PASSWORD)
        pending = await life.mail("verify_email")
        mail = await life.change_email(user)
        await life.confirm_change(token=mail.token)

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(token=pending.token)
        assert await address_of(life, user) == (OTHER_ADDRESS, True)

    async def test_rc_02_what_was_mailed_before_stays_void_when_the_address_is_changed_back(
        self, life: AccountLife, alice: User
    ) -> None:
        reset, _ = await life.reset_mail()
        for email in (OTHER_ADDRESS, ADDRESS):
            life.wait(minutes=1)
            mail = await life.change_email(alice, email)
            await life.confirm_change(token=mail.token)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=reset.token, new_password=NEW_PASSWORD)

    async def test_an_unverified_old_address_gets_no_power_over_the_account(
        self, life: AccountLife
    ) -> None:
        """RC-13: it may have been a typing error, and be a stranger's."""
        user = await life.on.register(username="alice", email=ADDRESS, password=PASSWORD)
        await life.deliver()
        mail = await life.change_email(user)
        await life.confirm_change(token=mail.token)

        assert await life.kinds() == [("email_changed_new", OTHER_ADDRESS)]

    async def test_another_spelling_of_the_same_address_is_told_to_nobody(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.change_email(alice, "ALICE@example.com")
        await life.confirm_change(token=mail.token)

        assert await address_of(life, alice) == ("ALICE@example.com", True)
        assert await life.deliver() == []

    async def test_needs_a_user_and_an_address(self, life: AccountLife, alice: User) -> None:
        with pytest.raises(InvalidEmail):
            await life.request_change(user=alice.id, email="nobody")
        with pytest.raises(UserNotFound):
            await life.request_change(user=UserId(an_id()), email=OTHER_ADDRESS)

    async def test_ra_02_happens_once_of_fifty_times(self, life: AccountLife, alice: User) -> None:
        mail = await life.change_email(alice)

        outcomes = await asyncio.gather(
            *(life.confirm_change(token=mail.token) for _ in range(50)), return_exceptions=True
        )

        assert sum(isinstance(it, User) for it in outcomes) == 1


class TestUndoEmailChange:
    async def stolen(self, life: AccountLife, alice: User) -> str:
        """Somebody with the password takes the address away; returns the owner's link."""
        mail = await life.change_email(alice, "thief@example.com")
        await life.confirm_change(token=mail.token)
        token = (await life.mail("email_changed_old")).token
        life.wait(hours=1)
        return token

    async def test_gives_the_account_back(self, life: AccountLife, alice: User) -> None:
        """P67: address back, no password, nobody signed in, and a mail to set a new password."""
        undo = await self.stolen(life, alice)
        thief = await life.session_of(alice)
        await life.deliver()

        await life.undo(token=undo)

        assert await address_of(life, alice) == (ADDRESS, True)
        with pytest.raises(InvalidToken):
            await life.on.resolve(token=thief)
        assert not await life.may_sign_in("alice", PASSWORD)
        reset = await life.mail("reset_password")
        assert reset.to == ADDRESS
        assert reset.values["code"] == ""  # nobody asked for it, so no code would do
        await life.reset(token=reset.token, new_password=NEW_PASSWORD)
        assert await life.may_sign_in("alice", NEW_PASSWORD)

    async def test_survives_that_the_thief_changes_password_and_address_again(
        self, life: AccountLife, alice: User
    ) -> None:
        undo = await self.stolen(life, alice)
        await life.on.change_password(
            user=alice.id, current_password=PASSWORD, new_password="a thief's password"
        )
        mail = await life.change_email(alice, "second@example.com")
        await life.confirm_change(token=mail.token)
        await life.deliver()

        await life.undo(token=undo)

        assert await address_of(life, alice) == (ADDRESS, True)

    async def test_the_thiefs_own_undo_takes_nothing_from_the_owner(
        self, life: AccountLife, alice: User
    ) -> None:
        """An older link outweighs a younger one, whichever is used first."""
        undo = await self.stolen(life, alice)
        mail = await life.change_email(alice, "second@example.com")
        await life.confirm_change(token=mail.token)
        thiefs = (await life.mail("email_changed_old")).token

        await life.undo(token=thiefs)
        assert await address_of(life, alice) == ("thief@example.com", True)
        await life.undo(token=undo)

        assert await address_of(life, alice) == (ADDRESS, True)

    async def test_voids_the_thiefs_own_undo(self, life: AccountLife, alice: User) -> None:
        undo = await self.stolen(life, alice)
        mail = await life.change_email(alice, "second@example.com")
        await life.confirm_change(token=mail.token)
        thiefs = (await life.mail("email_changed_old")).token

        await life.undo(token=undo)

        with pytest.raises(InvalidOrExpiredToken):
            await life.undo(token=thiefs)
        assert await address_of(life, alice) == (ADDRESS, True)

    async def test_voids_what_was_mailed_to_the_thief(self, life: AccountLife, alice: User) -> None:
        undo = await self.stolen(life, alice)
        reset, _ = await life.reset_mail("thief@example.com")

        await life.undo(token=undo)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=reset.token, new_password=NEW_PASSWORD)

    async def test_cannot_be_blocked_by_registering_with_the_address(
        self, life: AccountLife, alice: User
    ) -> None:
        """Whoever has not verified it has to give it up, and is out where it was all they had."""
        for username in ("mallory", None):
            undo = await self.stolen(life, await life.on.stored(alice.id))
            squatter = await life.on.register(username=username, email=ADDRESS, password=PASSWORD)
            session = await life.session_of(squatter)
            await life.deliver()

            await life.undo(token=undo)

            assert await address_of(life, alice) == (ADDRESS, True)
            with pytest.raises(InvalidToken):
                await life.on.resolve(token=session)
            left = await life.on.stores.users.find(squatter.id)
            assert (left is None) == (username is None)
            await self.back(life, alice)

    async def back(self, life: AccountLife, alice: User) -> None:
        mail = await life.mail("reset_password")
        await life.reset(token=mail.token, new_password=PASSWORD)
        life.wait(hours=1)
        await life.deliver()

    async def test_takes_no_verified_address_from_another(
        self, life: AccountLife, alice: User
    ) -> None:
        undo = await self.stolen(life, alice)
        await life.somebody(ADDRESS, "second")

        with pytest.raises(EmailTaken):
            await life.undo(token=undo)
        assert await address_of(life, alice) == ("thief@example.com", True)

    async def test_rc_10_expires_after_seven_days(self, life: AccountLife, alice: User) -> None:
        undo = await self.stolen(life, alice)
        life.wait(days=7)

        with pytest.raises(InvalidOrExpiredToken):
            await life.undo(token=undo)

    async def test_has_nothing_to_undo_when_the_address_is_back(
        self, life: AccountLife, alice: User
    ) -> None:
        undo = await self.stolen(life, alice)
        mail = await life.change_email(alice, ADDRESS)
        await life.confirm_change(token=mail.token)

        with pytest.raises(InvalidOrExpiredToken):
            await life.undo(token=undo)
        assert await life.may_sign_in("alice", PASSWORD)

    async def test_rc_02_is_void_after_a_disabling(self, life: AccountLife, alice: User) -> None:
        undo = await self.stolen(life, alice)
        await life.on.disable(user=alice.id)
        await life.on.enable(user=alice.id)

        with pytest.raises(InvalidOrExpiredToken):
            await life.undo(token=undo)
