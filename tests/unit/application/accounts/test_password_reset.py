import asyncio
from contextlib import suppress

import pytest

from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.password import (
    HashingOverloaded,
    PasswordCommon,
    PasswordRejected,
    PasswordTooShort,
)
from hexkey.domain.accounts.user import User
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import TokenId
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.account_life import ADDRESS, NEW_PASSWORD, AccountLife, Delivered
from tests.support.deployments import PASSWORD

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.somebody()


class TestResetPassword:
    async def test_sets_the_password_of_whoever_reads_the_mail(
        self, life: AccountLife, alice: User
    ) -> None:
        mail, _ = await life.reset_mail()

        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        assert await life.may_sign_in("alice", NEW_PASSWORD)
        assert not await life.may_sign_in("alice", PASSWORD)

    async def test_rc_06_ends_every_session_and_opens_none(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-05, RC-06: whoever was signed in is out, and the reset signs nobody in."""
        sessions = [await life.session_of(alice) for _ in range(3)]
        mail, _ = await life.reset_mail()

        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        for session in sessions:
            with pytest.raises(InvalidToken):
                await life.on.resolve(token=session)
        assert await life.on.list_sessions(user=alice.id) == []

    async def test_rc_02_works_once(self, life: AccountLife, alice: User) -> None:
        mail, flow = await life.reset_mail()
        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=PASSWORD)
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=PASSWORD)
        assert await life.may_sign_in("alice", NEW_PASSWORD)

    async def test_ra_02_lets_one_of_fifty_win(self, life: AccountLife, alice: User) -> None:
        mail, _ = await life.reset_mail()
        passwords = [f"battery staple {number}" for number in range(50)]

        outcomes = await asyncio.gather(
            *(life.reset(token=mail.token, new_password=it) for it in passwords),
            return_exceptions=True,
        )

        assert [type(it) for it in outcomes if it is not None] == [InvalidOrExpiredToken] * 49
        [winner] = [it for it, out in zip(passwords, outcomes, strict=True) if out is None]
        assert await life.may_sign_in("alice", winner)

    async def test_rc_02_a_newer_mail_voids_the_older(self, life: AccountLife, alice: User) -> None:
        older, flow = await life.reset_mail()
        life.wait(minutes=1)
        newer, _ = await life.reset_mail()

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=older.token, new_password=NEW_PASSWORD)
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=older.code, flow=flow, new_password=NEW_PASSWORD)
        await life.reset(token=newer.token, new_password=NEW_PASSWORD)

    @pytest.mark.parametrize("deed", ["changes the password", "is disabled", "was disabled"])
    async def test_rc_02_is_void_after(self, life: AccountLife, alice: User, deed: str) -> None:
        mail, flow = await life.reset_mail()

        if deed == "changes the password":
            await life.on.change_password(
                user=alice.id, current_password=PASSWORD, new_password="a third password"
            )
        else:
            await life.on.disable(user=alice.id)
        if deed == "was disabled":
            await life.on.enable(user=alice.id)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=NEW_PASSWORD)

    async def test_rc_02_is_void_when_the_address_is_another(
        self, life: AccountLife, alice: User
    ) -> None:
        mail, _ = await life.reset_mail()
        confirmation = await life.change_email(alice)
        await life.confirm_change(token=confirmation.token)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)

    async def test_rc_10_expires_although_nothing_was_pruned(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-01, RC-10: 30 minutes, to the instant."""
        mail, _ = await life.reset_mail()
        life.wait(minutes=30, milliseconds=-1)
        with pytest.raises(PasswordTooShort):  # still good
            await life.reset(token=mail.token, new_password="short")
        life.wait(milliseconds=1)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)

    async def test_expires_while_the_password_is_hashed(
        self, life: AccountLife, alice: User
    ) -> None:
        mail, _ = await life.reset_mail()

        async def long_time() -> None:
            life.wait(minutes=30)

        life.on.hasher.meanwhile = long_time
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)
        assert await life.may_sign_in("alice", PASSWORD)

    async def test_ra_05_loses_to_a_disabling_while_the_password_is_hashed(
        self, life: AccountLife, alice: User
    ) -> None:
        mail, _ = await life.reset_mail()

        async def disabled_and_back() -> None:
            await life.on.disable(user=alice.id)
            await life.on.enable(user=alice.id)

        life.on.hasher.meanwhile = disabled_and_back
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)

    @pytest.mark.parametrize(
        ("password", "refusal"),
        [("short", PasswordTooShort), ("Password1", PasswordCommon), (ADDRESS, PasswordCommon)],
    )
    async def test_keeps_the_rules_and_the_token(
        self, life: AccountLife, alice: User, password: str, refusal: type[PasswordRejected]
    ) -> None:
        """PW-03: what is refused was not hashed, and can be tried again."""
        mail, _ = await life.reset_mail()
        hashed = life.on.hasher.hashed

        with pytest.raises(refusal):
            await life.reset(token=mail.token, new_password=password)

        assert life.on.hasher.hashed == hashed
        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

    async def test_hashes_nothing_for_a_token_that_is_none(
        self, life: AccountLife, alice: User
    ) -> None:
        """PW-03: strangers cannot keep the hashing pool busy."""
        hashed = life.on.hasher.hashed

        for token in ("", "x", "hxk_ot_", "hxk_ot_" + "A" * 48, "\ud800", "é" * 55, "0" * 10**6):
            with pytest.raises(InvalidOrExpiredToken):
                await life.reset(token=token, new_password=NEW_PASSWORD)

        assert life.on.hasher.hashed == hashed

    async def test_stays_possible_when_the_pool_is_full(
        self, life: AccountLife, alice: User
    ) -> None:
        mail, _ = await life.reset_mail()
        life.on.hasher.room = 0
        with pytest.raises(HashingOverloaded):
            await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        life.on.hasher.room = None
        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

    async def test_rc_13_throws_out_whoever_took_the_address_before(
        self, life: AccountLife
    ) -> None:
        """RC-13, P63: who registered with another's address has nothing left after a reset."""
        hijacked = await life.on.register(username="mallory", email=ADDRESS, password=PASSWORD)
        thief = await life.session_of(hijacked)
        await life.deliver()
        life.wait(minutes=1)

        mail, _ = await life.reset_mail()
        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        assert not await life.may_sign_in(ADDRESS, PASSWORD)
        with pytest.raises(InvalidToken):
            await life.on.resolve(token=thief)
        assert (await life.on.stored(hijacked.id)).email_verified

    async def test_voids_what_else_was_mailed(self, life: AccountLife, alice: User) -> None:
        other = await life.change_email(alice)
        life.wait(minutes=1)
        mail, _ = await life.reset_mail()

        await life.reset(token=mail.token, new_password=NEW_PASSWORD)

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm_change(token=other.token)

    async def test_id_03_writes_to_the_stored_address(self, life: AccountLife) -> None:
        """ID-03, P61: what was typed decides nothing (CVE-2019-19844)."""
        await life.somebody("mike@example.com", "mike")
        typed = "MI\u212ae@EXAMPLE.com"  # the Kelvin sign, which folds to k

        with suppress(HexkeyError):
            await life.request_reset(email=typed)

        assert {it.to for it in await life.deliver()} <= {"mike@example.com"}


class TestCodeOfAReset:
    async def test_does_what_the_link_does(self, life: AccountLife, alice: User) -> None:
        mail, flow = await life.reset_mail()

        await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=NEW_PASSWORD)

        assert await life.may_sign_in("alice", NEW_PASSWORD)
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(token=mail.token, new_password=PASSWORD)

    async def test_rc_14_is_of_no_use_to_whoever_did_not_ask(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-14: bound to the flow, also for somebody who asked for another one."""
        mail, flow = await life.reset_mail()
        others = await life.request_reset(email="bob@example.com")

        for wrong in (None, "", others, flow[:-1], "é", mail.token):
            with pytest.raises(InvalidOrExpiredToken):
                await life.reset(
                    email=ADDRESS, code=mail.code, flow=wrong, new_password=NEW_PASSWORD
                )
        # And none of that has cost a try.
        await self.spend(life, mail, flow, tries=4)
        await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=NEW_PASSWORD)

    async def test_rc_14_may_be_mistyped_four_times(self, life: AccountLife, alice: User) -> None:
        mail, flow = await life.reset_mail()
        await self.spend(life, mail, flow, tries=5)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=NEW_PASSWORD)
        await life.reset(token=mail.token, new_password=NEW_PASSWORD)  # the link is another thing

    async def test_rc_14_no_more_than_five_are_looked_at_however_many_at_once(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-14, P72: each try is written down before it is compared."""
        mail, flow = await life.reset_mail()
        wrong = life.wrong_code(mail)

        await asyncio.gather(
            *(
                life.reset(email=ADDRESS, code=wrong, flow=flow, new_password=NEW_PASSWORD)
                for _ in range(50)
            ),
            return_exceptions=True,
        )

        [token] = [it for it in life.store.committed.tokens.values() if it.id == TokenId(mail.id)]
        assert token.tries == 5

    async def test_rc_14_asking_again_gives_no_new_tries_for_a_day(
        self, life: AccountLife, alice: User
    ) -> None:
        """RC-14: or five tries an hour would be 40,000 a year."""
        first, flow = await life.reset_mail()
        await self.spend(life, first, flow, tries=3)
        life.wait(hours=1)
        second, flow = await life.reset_mail()
        await self.spend(life, second, flow, tries=2)
        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=second.code, flow=flow, new_password=NEW_PASSWORD)

        life.wait(hours=1)
        third, _ = await life.reset_mail()
        assert third.code == ""  # it would not work
        life.wait(hours=24)
        fourth, flow = await life.reset_mail()
        await life.reset(email=ADDRESS, code=fourth.code, flow=flow, new_password=NEW_PASSWORD)

    async def test_a_success_gives_new_tries(self, life: AccountLife, alice: User) -> None:
        first, flow = await life.reset_mail()
        await self.spend(life, first, flow, tries=4)
        await life.reset(token=first.token, new_password=NEW_PASSWORD)
        life.wait(minutes=1)

        second, flow = await life.reset_mail()
        await self.spend(life, second, flow, tries=4)
        await life.reset(email=ADDRESS, code=second.code, flow=flow, new_password=PASSWORD)

    async def test_rc_14_lasts_for_ten_minutes(self, life: AccountLife, alice: User) -> None:
        mail, flow = await life.reset_mail()
        life.wait(minutes=10)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=mail.code, flow=flow, new_password=NEW_PASSWORD)

    @pytest.mark.parametrize(
        "code", ["", "12345", "1234567", "¹²³⁴⁵⁶", "١٢٣٤٥٦", "12 456", "abcdef"]
    )
    async def test_is_six_ascii_digits(self, life: AccountLife, alice: User, code: str) -> None:
        _, flow = await life.reset_mail()

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(email=ADDRESS, code=code, flow=flow, new_password=NEW_PASSWORD)

    async def test_en_05_an_unknown_address_costs_the_same_writes(self, life: AccountLife) -> None:
        """EN-05: there is a token to be tried for everybody; only, nobody can use it."""
        flow = await life.request_reset(email="nobody@example.com")
        assert await life.deliver() == []
        [token] = life.store.committed.tokens.values()
        code = life.secrets.code(token.id)

        with pytest.raises(InvalidOrExpiredToken):
            await life.reset(
                email="nobody@example.com", code=code, flow=flow, new_password=NEW_PASSWORD
            )

        [token] = life.store.committed.tokens.values()
        assert (token.user, token.tries) == (None, 1)

    async def spend(self, life: AccountLife, mail: Delivered, flow: str, *, tries: int) -> None:
        for _ in range(tries):
            with pytest.raises(InvalidOrExpiredToken):
                await life.reset(
                    email=ADDRESS,
                    code=life.wrong_code(mail),
                    flow=flow,
                    new_password=NEW_PASSWORD,
                )
