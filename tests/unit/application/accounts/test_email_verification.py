import asyncio

import pytest

from hexkey.application.accounts.registration import (
    LoginNameRequired,
    RegistrationMode,
    RegistrationPending,
    RegistrationPolicy,
)
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.password import PasswordTooShort
from hexkey.domain.accounts.user import User, UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.outbox import MessageState
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.account_life import ADDRESS, HEARD_AFTER, AccountLife
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.on.register(username="alice", email=ADDRESS, password=PASSWORD)


class TestConfirmEmail:
    async def test_verifies_what_was_registered(self, life: AccountLife, alice: User) -> None:
        session = await life.session_of(alice)
        mail = await life.mail("verify_email")
        assert mail.to == ADDRESS
        assert not (await life.on.stored(alice.id)).email_verified

        await life.confirm(token=mail.token)

        assert (await life.on.stored(alice.id)).email_verified
        # Decided so: password and sessions stay; who disagrees disowns, or resets.
        assert await life.may_sign_in("alice", PASSWORD)
        await life.on.resolve(token=session)

    async def test_takes_the_code_with_or_without_the_flow(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.mail("verify_email")
        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(email=ADDRESS, code=mail.code, flow="of-somebody-else")

        await life.confirm(email="ALICE@example.com", code=mail.code)

        assert (await life.on.stored(alice.id)).email_verified

    async def test_rc_14_the_flow_must_fit_when_it_is_given(
        self, life: AccountLife, alice: User
    ) -> None:
        await life.deliver()
        life.wait(minutes=1)
        flow = await life.request_verification(email=ADDRESS)
        mail = await life.mail("verify_email")
        other = await life.request_verification(email="bob@example.com")

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(email=ADDRESS, code=mail.code, flow=other)
        await life.confirm(email=ADDRESS, code=mail.code, flow=flow)

    async def test_rc_14_takes_no_more_than_five_codes(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.mail("verify_email")
        for _ in range(5):
            with pytest.raises(InvalidOrExpiredToken):
                await life.confirm(email=ADDRESS, code=life.wrong_code(mail))

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(email=ADDRESS, code=mail.code)

    async def test_rc_02_works_once_of_fifty_times(self, life: AccountLife, alice: User) -> None:
        """RC-02, RA-02."""
        mail = await life.mail("verify_email")

        outcomes = await asyncio.gather(
            *(life.confirm(token=mail.token) for _ in range(50)), return_exceptions=True
        )

        assert sum(isinstance(it, User) for it in outcomes) == 1
        assert sum(isinstance(it, InvalidOrExpiredToken) for it in outcomes) == 49

    async def test_rc_10_expires_after_a_day(self, life: AccountLife, alice: User) -> None:
        mail = await life.mail("verify_email")
        life.wait(hours=24)

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(token=mail.token)

    async def test_has_nothing_to_send_to_whoever_is_verified_or_unknown(
        self, life: AccountLife
    ) -> None:
        """EN-03: and whoever asks learns nothing of it."""
        await life.somebody()

        for email in (ADDRESS, "nobody@example.com"):
            assert await life.request_verification(email=email)
        assert await life.deliver() == []

    async def test_needs_an_address(self, life: AccountLife) -> None:
        for refused in (life.request_verification, life.request_reset):
            with pytest.raises(InvalidEmail):
                await refused(email="nobody")
        for proof in ({}, {"email": ADDRESS}, {"code": "123456"}, {"email": "x", "code": "1"}):
            with pytest.raises(InvalidOrExpiredToken):
                await life.confirm(**proof)


class TestDisownEmail:
    async def test_rc_13_takes_the_address_away(self, life: AccountLife, alice: User) -> None:
        """RC-13: "this was not me" ends what somebody began with another's address."""
        session = await life.session_of(alice)
        mail = await life.mail("verify_email")

        await life.disown(token=mail.token)

        stored = await life.on.stored(alice.id)
        assert (stored.email, stored.email_verified) == (None, False)
        with pytest.raises(InvalidToken):
            await life.on.resolve(token=session)
        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(token=mail.token)
        await life.on.register(username="owner", email=ADDRESS, password=PASSWORD)

    async def test_erases_an_account_that_has_no_other_name(self, life: AccountLife) -> None:
        made = await life.on.register(email=ADDRESS, password=PASSWORD)
        session = await life.session_of(made)
        mail = await life.mail("verify_email")

        await life.disown(token=mail.token)

        with pytest.raises(InvalidToken):
            await life.on.resolve(token=session)
        with pytest.raises(InvalidCredentials):
            await life.on.sign_in(login=ADDRESS, password=PASSWORD)
        assert await life.erase_due() == 0  # those who verify offline have to hear of it first
        life.clock.advance(seconds=HEARD_AFTER.total_seconds())
        assert await life.erase_due() == 1
        assert await life.on.stores.users.find(made.id) is None

    async def test_does_nothing_to_a_verified_address(self, life: AccountLife, alice: User) -> None:
        mail = await life.mail("verify_email")
        await life.confirm(token=mail.token)

        with pytest.raises(InvalidOrExpiredToken):
            await life.disown(token=mail.token)

    async def test_does_nothing_to_an_address_verified_in_another_way(
        self, life: AccountLife, alice: User
    ) -> None:
        mail = await life.mail("verify_email")
        async with life.store.begin() as transaction:
            assert alice.email is not None
            verified = alice.with_verified_email(alice.email, now=life.clock.now())
            await transaction.users.replace(alice, verified)
            await transaction.commit()

        with pytest.raises(InvalidOrExpiredToken):
            await life.disown(token=mail.token)
        assert await life.on.stored(alice.id) == verified


@pytest.fixture
async def verified_first() -> AccountLife:
    policy = RegistrationPolicy(mode=RegistrationMode.VERIFIED)
    return AccountLife(MemoryDeployment(registration=policy))


class TestVerifiedRegistration:
    async def test_begins_with_the_mail(self, verified_first: AccountLife) -> None:
        life = verified_first
        pending = await life.on.register_user(
            username="alice", email=ADDRESS, password=PASSWORD, full_name="Alice", language="de"
        )
        assert isinstance(pending, RegistrationPending)
        assert life.store.committed.users == {}
        assert not await life.may_sign_in("alice", PASSWORD)
        mail = await life.mail("finish_registration")
        assert not await life.may_sign_in("alice", PASSWORD)

        user = await life.confirm(token=mail.token)

        assert user == await life.on.stored(user.id)
        assert (user.email_verified, user.language, user.profile.full_name) == (True, "de", "Alice")
        assert await life.may_sign_in("alice", PASSWORD)
        assert await life.may_sign_in(ADDRESS, PASSWORD)

    async def test_begins_with_the_code_too(self, verified_first: AccountLife) -> None:
        life = verified_first
        pending = await life.on.register_user(email=ADDRESS, password=PASSWORD)
        assert isinstance(pending, RegistrationPending)
        mail = await life.mail("finish_registration")

        user = await life.confirm(email=ADDRESS, code=mail.code, flow=pending.flow)

        assert user.email_verified

    async def test_begins_with_another_mail_if_the_first_was_lost(
        self, verified_first: AccountLife
    ) -> None:
        life = verified_first
        await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
        lost = await life.mail("finish_registration")
        life.wait(hours=23)

        await life.request_verification(email=ADDRESS)
        mail = await life.mail("finish_registration")

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(token=lost.token)
        life.wait(hours=23)
        user = await life.confirm(token=mail.token)
        assert (user.email_verified, user.username and user.username.value) == (True, "alice")
        assert await life.may_sign_in("alice", PASSWORD)

    async def test_does_not_begin_again_when_it_is_over(self, verified_first: AccountLife) -> None:
        life = verified_first
        await life.on.register_user(email=ADDRESS, password=PASSWORD)
        await life.mail("finish_registration")
        life.wait(hours=24)

        await life.request_verification(email=ADDRESS)

        assert await life.deliver() == []

    async def test_en_04_does_the_same_for_an_address_that_is_taken(
        self, verified_first: AccountLife
    ) -> None:
        """EN-04, P84, P85: same answer, same hashing, one row each; the owner gets a notice."""
        life = verified_first
        await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
        await life.confirm(token=(await life.mail("finish_registration")).token)
        life.wait(hours=1)

        traces = []
        for username, email in (("bob", ADDRESS), ("eve", "eve@example.com")):
            hashed, queued = life.on.hasher.hashed, len(life.store.committed.messages)
            answer = await life.on.register_user(username=username, email=email, password=PASSWORD)
            hashes = life.on.hasher.hashed - hashed
            rows = len(life.store.committed.messages) - queued
            traces.append((type(answer), hashes, rows))

        assert traces == [(RegistrationPending, 1, 1)] * 2
        assert await life.kinds() == [
            ("registration_taken", ADDRESS),
            ("finish_registration", "eve@example.com"),
        ]
        assert len(life.store.committed.tokens) == 2  # each has a code that may be tried

    async def test_needs_an_address_and_keeps_the_rules(self, verified_first: AccountLife) -> None:
        life = verified_first
        refused: list[tuple[dict[str, str], type[Exception]]] = [
            ({"username": "alice", "password": PASSWORD}, LoginNameRequired),
            ({"email": ADDRESS, "password": "short"}, PasswordTooShort),
            ({"email": ADDRESS, "username": "Admin", "password": PASSWORD}, InvalidUsername),
        ]
        for values, refusal in refused:
            with pytest.raises(refusal):
                await life.on.register_user(**values)
        assert life.store.committed.messages == {}

    async def test_names_are_public_and_not_reserved_by_a_mail(
        self, verified_first: AccountLife
    ) -> None:
        life = verified_first
        await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
        first = await life.mail("finish_registration")
        await life.on.register_user(username="a1ice", email="b@example.com", password=PASSWORD)
        second = await life.mail("finish_registration")

        await life.confirm(token=second.token)

        hashed = life.on.hasher.hashed
        with pytest.raises(UsernameTaken):
            await life.on.register_user(username="alice", email="c@x.example", password=PASSWORD)
        assert life.on.hasher.hashed == hashed
        with pytest.raises(UsernameTaken):
            await life.confirm(token=first.token)
        await life.on.update_profile(user=(await self.holder(life)).id, username="other")
        await life.confirm(token=first.token)  # it has stayed usable

    async def test_is_void_when_the_address_is_somebodys_by_now(
        self, verified_first: AccountLife
    ) -> None:
        life = verified_first
        await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
        mail = await life.mail("finish_registration")
        await life.on.register_user.by_operator(email=ADDRESS, password=PASSWORD)

        with pytest.raises(InvalidOrExpiredToken):
            await life.confirm(token=mail.token)

    async def test_lg_03_forgets_the_hash_when_the_mail_has_left(
        self, verified_first: AccountLife
    ) -> None:
        life = verified_first
        await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
        await life.deliver()

        [message] = life.store.committed.messages.values()
        assert (message.state, dict(message.content)) == (MessageState.DONE, {})
        [token] = life.store.committed.tokens.values()
        assert PASSWORD not in repr(token)
        assert "$bcrypt" not in repr(token)

    async def holder(self, life: AccountLife) -> User:
        found = await life.on.stores.users.find_by_username("a1ice")
        assert found is not None
        return found
