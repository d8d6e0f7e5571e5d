"""RC-03, P57, P65: what a mail carries works where the mail says, and nowhere else."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from hexkey.application.accounts.registration import RegistrationMode, RegistrationPolicy
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.domain.identifiers import MessageId
from tests.support.account_life import ADDRESS, NEW_PASSWORD, OTHER_ADDRESS, AccountLife
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio

NEWCOMER = "newcomer@example.com"
Make = Callable[[AccountLife], Awaitable[str]]
Use = Callable[[AccountLife, str], Awaitable[object]]


async def of_a_registration(life: AccountLife) -> str:
    await life.on.register_user(email=NEWCOMER, password=PASSWORD)
    return (await life.mail("finish_registration")).token


async def of_a_verification(life: AccountLife) -> str:
    await life.on.register_user.by_operator(email=NEWCOMER, password=PASSWORD)
    await life.request_verification(email=NEWCOMER)
    return (await life.mail("verify_email")).token


async def of_a_reset(life: AccountLife) -> str:
    return (await life.reset_mail())[0].token


async def of_a_change(life: AccountLife) -> str:
    [alice] = life.store.committed.users.values()
    return (await life.change_email(alice)).token


async def of_an_undoing(life: AccountLife) -> str:
    await life.confirm_change(token=await of_a_change(life))
    return (await life.mail("email_changed_old")).token


async def of_a_deletion(life: AccountLife) -> str:
    [alice] = life.store.committed.users.values()
    await life.leave(user=alice.id)
    return (await life.mail("deletion_scheduled")).token


async def of_an_invitation(life: AccountLife) -> str:
    await life.invite(email=NEWCOMER)
    return (await life.mail("invitation")).token


async def confirm(life: AccountLife, token: str) -> object:
    return await life.confirm(token=token)


async def disown(life: AccountLife, token: str) -> object:
    await life.disown(token=token)
    return None


async def reset(life: AccountLife, token: str) -> object:
    await life.reset(token=token, new_password=NEW_PASSWORD)
    return None


async def confirm_change(life: AccountLife, token: str) -> object:
    return await life.confirm_change(token=token)


async def undo(life: AccountLife, token: str) -> object:
    return await life.undo(token=token)


async def restore(life: AccountLife, token: str) -> object:
    return await life.restore_by_token(token=token)


async def accept(life: AccountLife, token: str) -> object:
    return await life.accept(token=token, password=PASSWORD)


MAKERS: dict[Make, Purpose] = {
    of_a_registration: Purpose.REGISTER,
    of_a_verification: Purpose.VERIFY_EMAIL,
    of_a_reset: Purpose.RESET_PASSWORD,
    of_a_change: Purpose.CHANGE_EMAIL,
    of_an_undoing: Purpose.UNDO_EMAIL_CHANGE,
    of_a_deletion: Purpose.RESTORE_ACCOUNT,
    of_an_invitation: Purpose.INVITE,
}
USES: dict[Use, set[Purpose]] = {
    confirm: {Purpose.REGISTER, Purpose.VERIFY_EMAIL},
    disown: {Purpose.VERIFY_EMAIL},
    reset: {Purpose.RESET_PASSWORD},
    confirm_change: {Purpose.CHANGE_EMAIL},
    undo: {Purpose.UNDO_EMAIL_CHANGE},
    restore: {Purpose.RESTORE_ACCOUNT},
    accept: {Purpose.INVITE},
}


@pytest.fixture
async def life() -> AccountLife:
    """One user, who has confirmed an address."""
    policy = RegistrationPolicy(mode=RegistrationMode.VERIFIED)
    life = AccountLife(MemoryDeployment(registration=policy))
    await life.on.ensure_signing_key()
    await life.on.register_user(username="alice", email=ADDRESS, password=PASSWORD)
    await life.confirm(token=(await life.mail("finish_registration")).token)
    life.wait(hours=1)
    return life


class TestMatrix:
    def test_rc_03_leaves_no_purpose_out(self) -> None:
        assert set(MAKERS.values()) == set(Purpose)
        assert set().union(*USES.values()) == set(Purpose)

    @pytest.mark.parametrize(
        ("make", "use"), [*itertools.product(MAKERS, USES)], ids=lambda it: it.__name__
    )
    async def test_rc_03_only_the_diagonal_succeeds(
        self, life: AccountLife, make: Make, use: Use
    ) -> None:
        token = await make(life)
        before = dict(life.store.committed.users)

        if MAKERS[make] in USES[use]:
            await use(life, token)
            assert life.store.committed.users != before
            return
        with pytest.raises(InvalidOrExpiredToken):
            await use(life, token)
        assert life.store.committed.users == before

    @pytest.mark.parametrize("make", MAKERS, ids=lambda it: it.__name__)
    async def test_rc_03_the_page_of_another_purpose_does_not_know_it(
        self, life: AccountLife, make: Make
    ) -> None:
        """RC-09: looking changes nothing, however often."""
        token = await make(life)
        tokens = dict(life.store.committed.tokens)

        for purpose in Purpose:
            if purpose is MAKERS[make]:
                for _ in range(3):
                    assert (await life.look(token=token, purposes=(purpose,))).purpose is purpose
            else:
                with pytest.raises(InvalidOrExpiredToken):
                    await life.look(token=token, purposes=(purpose,))
        assert life.store.committed.tokens == tokens

    async def test_what_was_put_for_nobody_opens_nothing(self, life: AccountLife) -> None:
        """EN-05: also not by its link, which nobody was sent."""
        await life.request_reset(email=OTHER_ADDRESS)
        await life.request_verification(email="else@example.com")
        await life.deliver()

        for kept in [*life.store.committed.tokens.values()]:
            if kept.used_at is None:
                assert (kept.user, kept.content) == (None, None)
                link = life.secrets.link(MessageId(kept.id), kept.purpose)
                with pytest.raises(InvalidOrExpiredToken):
                    await life.look(token=link, purposes=(kept.purpose,))
