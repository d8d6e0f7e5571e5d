from datetime import timedelta

import pytest

from hexkey.domain.access import Role
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import InvalidToken
from tests.contracts.access_store import a_role, defined
from tests.support.account_life import ADDRESS, HEARD_AFTER, AccountLife
from tests.support.builders import an_id
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

GRACE = timedelta(days=14)


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.somebody()


class TestScheduleDeletion:
    async def test_leaves_time_to_change_ones_mind(self, life: AccountLife, alice: User) -> None:
        now = life.clock.now()

        leaving = await life.leave(user=alice.id)

        assert leaving.erase_at == now + GRACE
        assert (await life.on.stored(alice.id)).is_leaving
        notice = await life.mail("deletion_scheduled")
        assert notice.to == ADDRESS
        assert notice.values["erase_date"] == (now + GRACE).date().isoformat()

    async def test_ends_every_session_but_the_one_it_is_done_in(
        self, life: AccountLife, alice: User
    ) -> None:
        kept = await life.on.sign_in(login="alice", password=PASSWORD)
        other = await life.session_of(alice)

        await life.leave(user=alice.id, keep_session=kept.session)

        await life.on.resolve(token=kept.access_token)
        with pytest.raises(InvalidToken):
            await life.on.resolve(token=other)

    async def test_done_twice_keeps_the_first_date_and_is_told_once(
        self, life: AccountLife, alice: User
    ) -> None:
        first = await life.leave(user=alice.id)
        life.wait(days=1)
        second = await life.leave(user=alice.id)

        assert second.erase_at == first.erase_at
        assert await life.kinds() == [("deletion_scheduled", ADDRESS)]

    async def test_takes_scopes_and_roles_and_the_public_profile(
        self, life: AccountLife, alice: User
    ) -> None:
        await defined(life.on.stores.store, a_role(Role("editor")))
        await life.on.grant(user=alice.id, role=Role("editor"))
        before = await life.on.sign_in(login="alice", password=PASSWORD, scope="openid")
        assert before.scopes == {"openid"}
        await life.leave(user=alice.id, keep_session=before.session)

        after = await life.on.sign_in(login="alice", password=PASSWORD, scope="openid")

        for token in (before.access_token, after.access_token):
            principal = await life.on.resolve(token=token)
            assert (principal.scopes, principal.roles) == (frozenset(), frozenset())
        claims = life.on.verifier.verify(after.access_token)
        assert (claims.scopes, claims.roles, after.scopes) == (frozenset(),) * 3
        with pytest.raises(UserNotFound):
            await life.on.read_public_profile(id=alice.id)

    async def test_knows_nobody_who_is_not_there(self, life: AccountLife, alice: User) -> None:
        await life.on.disable(user=alice.id)
        for user in (UserId(an_id()), alice.id):
            with pytest.raises(UserNotFound):
                await life.leave(user=user, keep_session=SessionId(an_id()))
            with pytest.raises(UserNotFound):
                await life.restore(user=user)


class TestRestoreAccount:
    async def test_stays_as_if_nothing_had_been(self, life: AccountLife, alice: User) -> None:
        await life.leave(user=alice.id)
        await life.deliver()

        restored = await life.restore(user=alice.id)

        assert restored.erase_at is None
        assert await life.kinds() == [("account_restored", ADDRESS)]
        life.wait(days=30)
        assert await life.erase_due() == 0

    async def test_by_the_mailed_link(self, life: AccountLife, alice: User) -> None:
        """Also when a thief has changed the password before."""
        await life.leave(user=alice.id)
        notice = await life.mail("deletion_scheduled")
        await life.on.set_password(user=alice.id, new_password="a thief's password")

        await life.restore_by_token(token=notice.token)

        assert not (await life.on.stored(alice.id)).is_leaving
        with pytest.raises(InvalidOrExpiredToken):
            await life.restore_by_token(token=notice.token)

    async def test_by_a_link_only_while_there_is_something_to_restore(
        self, life: AccountLife, alice: User
    ) -> None:
        await life.leave(user=alice.id)
        notice = await life.mail("deletion_scheduled")
        await life.restore(user=alice.id)

        with pytest.raises(InvalidOrExpiredToken):
            await life.restore_by_token(token=notice.token)

    async def test_rc_10_not_after_the_date_though_no_chore_ran(
        self, life: AccountLife, alice: User
    ) -> None:
        await life.leave(user=alice.id)
        notice = await life.mail("deletion_scheduled")
        life.clock.advance(seconds=GRACE.total_seconds())

        with pytest.raises(InvalidOrExpiredToken):
            await life.restore_by_token(token=notice.token)

    async def test_who_stays_anyway_is_told_nothing(self, life: AccountLife, alice: User) -> None:
        assert await life.restore(user=alice.id) == alice
        assert await life.deliver() == []


class TestEraseDue:
    async def test_erases_nobody_early(self, life: AccountLife, alice: User) -> None:
        await life.leave(user=alice.id)
        life.clock.advance(seconds=GRACE.total_seconds() - 1)

        assert await life.erase_due() == 0
        assert (await life.on.stored(alice.id)).is_active

    async def test_refuses_first_and_erases_when_the_last_token_has_expired(
        self, life: AccountLife, alice: User
    ) -> None:
        """SE-05: those who verify offline hear of it from the list of revocations."""
        await life.leave(user=alice.id)
        life.clock.advance(seconds=GRACE.total_seconds() - 60)
        session = await life.session_of(alice)
        life.wait(minutes=1)

        assert await life.erase_due() == 0
        assert not (await life.on.stored(alice.id)).is_active
        with pytest.raises(InvalidToken):
            await life.on.resolve(token=session)
        life.clock.advance(seconds=HEARD_AFTER.total_seconds() - 1)
        assert await life.erase_due() == 0
        life.wait(seconds=1)
        assert await life.erase_due() == 1
        assert await life.on.stores.users.find(alice.id) is None

    async def test_leaves_nothing_but_the_last_mail(self, life: AccountLife, alice: User) -> None:
        await life.leave(user=alice.id)
        await life.deliver()
        life.wait(days=15)
        await life.erase_due()
        life.wait(days=1)
        await life.erase_due()

        [farewell] = await life.deliver()

        assert (farewell.kind, farewell.to) == ("account_erased", ADDRESS)
        assert farewell.values["user_name"] == "alice"
        kept = life.store.committed
        assert (kept.users, kept.sessions, kept.tokens) == ({}, {}, {})
        assert [it.kind for it in kept.messages.values()] == ["account_erased"]

    async def test_frees_the_names(self, life: AccountLife, alice: User) -> None:
        await life.leave(user=alice.id)
        life.wait(days=15)
        await life.erase_due()
        life.wait(days=1)
        await life.erase_due()

        again = await life.on.register(username="alice", email=ADDRESS, password=PASSWORD)
        assert again.id != alice.id

    async def test_without_grace_begins_at_once(self, deployment: MemoryDeployment) -> None:
        life = AccountLife(deployment, grace=timedelta(0))
        alice = await life.somebody()

        await life.leave(user=alice.id)

        assert await life.erase_due() == 0
        life.clock.advance(seconds=HEARD_AFTER.total_seconds())
        assert await life.erase_due() == 1

    async def test_goes_on_when_one_was_restored_meanwhile(
        self, life: AccountLife, alice: User
    ) -> None:
        bob = await life.somebody("bob@example.com", "bob")
        for user in (alice, bob):
            await life.leave(user=user.id)
        life.wait(days=15)

        await life.restore(user=alice.id)
        await life.erase_due()

        assert (await life.on.stored(alice.id)).is_active
        assert not (await life.on.stored(bob.id)).is_active


class TestExportAccount:
    async def test_holds_all_that_is_held(self, life: AccountLife, alice: User) -> None:
        ended = await life.on.sign_in(login="alice", password=PASSWORD)
        await life.on.end_session(user=alice.id, session=ended.session)
        live = await life.on.sign_in(login="alice", password=PASSWORD)
        await life.request_reset(email=ADDRESS)
        await life.deliver()

        export = await life.export(user=alice.id)

        assert export.user == await life.on.stored(alice.id)
        assert {it.id for it in export.sessions} == {ended.session, live.session}
        assert {it.purpose.value for it in export.tokens} == {"verify_email", "reset_password"}
        assert {it.kind for it in export.messages} == {"verification", "password_reset"}
        assert export.exported_at == life.clock.now() > START

    async def test_lg_03_holds_no_secret(self, life: AccountLife, alice: User) -> None:
        mail, flow = await life.reset_mail()
        export = repr(await life.export(user=alice.id))

        digest = life.secrets.digest(mail.token) or ""
        for secret in (mail.token, mail.code, flow, digest, alice.password or ""):
            assert secret
            assert secret not in export

    async def test_is_of_nobody_else(self, life: AccountLife, alice: User) -> None:
        bob = await life.somebody("bob@example.com", "bob")
        await life.session_of(alice)

        export = await life.export(user=bob.id)

        assert export.sessions == []
        assert {it.address for it in export.tokens} == {"bob@example.com"}
        with pytest.raises(UserNotFound):
            await life.export(user=UserId(an_id()))
