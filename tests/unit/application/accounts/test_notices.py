"""RC-07 and webhooks: what is told of each deed, to whom, and only if the deed was done."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hexkey.domain.accounts.user import User
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel
from hexkey.domain.sessions.session import Client
from hexkey.domain.webhooks import WEBHOOK_EVENTS, WebhookEndpoint
from tests.support.account_life import ADDRESS, NEW_PASSWORD, OTHER_ADDRESS, AccountLife
from tests.support.builders import an_id
from tests.support.deployments import PASSWORD

pytestmark = pytest.mark.anyio

Deed = Callable[[AccountLife, User], Awaitable[object]]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER_FIREFOX = FIREFOX.replace("140.0", "141.2.1")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"


async def change_password(life: AccountLife, user: User) -> None:
    await life.on.change_password(
        user=user.id, current_password=PASSWORD, new_password=NEW_PASSWORD
    )


async def reset_password(life: AccountLife, user: User) -> None:
    mail, _ = await life.reset_mail()
    await life.reset(token=mail.token, new_password=NEW_PASSWORD)


async def change_email(life: AccountLife, user: User) -> None:
    mail = await life.change_email(user)
    await life.confirm_change(token=mail.token)


async def disable(life: AccountLife, user: User) -> None:
    await life.on.disable(user=user.id)


async def leave(life: AccountLife, user: User) -> None:
    await life.leave(user=user.id)


async def come_back(life: AccountLife, user: User) -> None:
    await life.leave(user=user.id)
    await life.deliver()
    await life.restore(user=user.id)


async def be_erased(life: AccountLife, user: User) -> None:
    await life.leave(user=user.id)
    await life.deliver()
    for _ in range(2):
        life.wait(days=15)
        await life.erase_due()


async def use_a_new_device(life: AccountLife, user: User) -> None:
    for agent in (FIREFOX, PHONE):
        client = Client(address="192.0.2.1", user_agent=agent)
        await life.on.sign_in(login="alice", password=PASSWORD, client=client)


NOTICES: dict[Deed, list[tuple[str, str]]] = {
    change_password: [("password_changed", ADDRESS)],
    reset_password: [("password_reset_done", ADDRESS)],
    change_email: [("email_changed_new", OTHER_ADDRESS), ("email_changed_old", ADDRESS)],
    disable: [("account_disabled", ADDRESS)],
    leave: [("deletion_scheduled", ADDRESS)],
    come_back: [("account_restored", ADDRESS)],
    be_erased: [("account_erased", ADDRESS)],
    use_a_new_device: [("new_device", ADDRESS)],
}


@pytest.fixture
async def alice(life: AccountLife) -> User:
    return await life.somebody()


class TestNotices:
    @pytest.mark.parametrize("deed", NOTICES, ids=lambda it: it.__name__)
    async def test_rc_07_tell_the_owner(self, life: AccountLife, alice: User, deed: Deed) -> None:
        await deed(life, alice)

        assert sorted(await life.kinds()) == sorted(NOTICES[deed])
        assert await life.deliver() == []

    @pytest.mark.parametrize(
        "deed",
        [it for it in NOTICES if it not in (reset_password, change_email)],
        ids=lambda it: it.__name__,
    )
    async def test_go_to_no_address_that_was_not_verified(
        self, life: AccountLife, deed: Deed
    ) -> None:
        """It may be a stranger's, who must not be written to by each thing somebody does."""
        user = await life.on.register(username="alice", email=ADDRESS, password=PASSWORD)
        await life.deliver()

        await deed(life, user)

        assert await life.deliver() == []

    async def test_lg_02_are_not_sent_of_what_was_not_done(
        self, life: AccountLife, alice: User
    ) -> None:
        """LG-02: one transaction, so both or neither."""
        before = dict(life.store.committed.messages)
        life.store.writable = False

        for deed in (change_password, disable, leave):
            with pytest.raises(TemporarilyUnavailable):
                await deed(life, alice)

        assert life.store.committed.messages == before

    async def test_twice_the_same_is_told_once(self, life: AccountLife, alice: User) -> None:
        for _ in range(2):
            await life.on.disable(user=alice.id)

        assert await life.kinds() == [("account_disabled", ADDRESS)]


class TestNewDevice:
    @pytest.mark.parametrize(
        ("agents", "news"),
        [
            ([FIREFOX], 0),
            ([FIREFOX, FIREFOX], 0),
            ([FIREFOX, NEWER_FIREFOX], 0),  # an update is no other device
            ([FIREFOX, PHONE], 1),
            ([FIREFOX, PHONE, FIREFOX, PHONE], 1),
            ([FIREFOX, None], 1),
            ([None, FIREFOX, PHONE], 2),
        ],
    )
    async def test_rc_07_is_told_from_the_ones_known(
        self, life: AccountLife, alice: User, agents: list[str | None], news: int
    ) -> None:
        for agent in agents:
            client = Client(address="192.0.2.1", user_agent=agent)
            await life.on.sign_in(login="alice", password=PASSWORD, client=client)

        assert len(await life.kinds()) == news

    async def test_is_told_although_the_other_sessions_have_ended(
        self, life: AccountLife, alice: User
    ) -> None:
        await life.on.sign_in(login="alice", password=PASSWORD, client=Client(user_agent=FIREFOX))
        await life.on.end_others(user=alice.id)

        await life.on.sign_in(
            login="alice",
            password=PASSWORD,
            client=Client(address="192.0.2.1", user_agent=PHONE),
        )

        [notice] = await life.deliver()
        device = notice.values["device"]
        assert (device, notice.values["network"]) == ("Mobile Safari on iOS", "192.0.2.1")

    async def test_a_sign_in_without_news_writes_nothing_to_the_outbox(
        self, life: AccountLife, alice: User
    ) -> None:
        before = dict(life.store.committed.messages)
        for _ in range(3):
            await life.session_of(alice)

        assert life.store.committed.messages == before


async def everything(life: AccountLife) -> User:
    """Each kind of event but the last, at least once."""
    alice = await life.somebody()
    await life.on.update_profile(user=alice.id, full_name="Alice")
    await life.session_of(alice)
    await change_password(life, alice)
    await life.on.disable(user=alice.id)
    await life.on.enable(user=alice.id)
    await change_email(life, alice)
    await come_back(life, alice)
    return alice


@pytest.fixture
async def endpoint(life: AccountLife) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(
        id=EndpointId(an_id()),
        url="https://hooks.example/",
        events=WEBHOOK_EVENTS,
        sealed_secret=b"sealed",
        created_at=life.clock.now(),
    )
    await life.webhooks.add(endpoint)
    return endpoint


def calls(life: AccountLife) -> list[tuple[str, dict[str, Any]]]:
    """The webhook messages in the outbox, and what they say."""
    hooks = [it for it in life.store.committed.messages.values() if it.channel is Channel.WEBHOOK]
    hooks.sort(key=lambda it: it.id)
    return [(it.kind, json.loads(it.content["body"])["data"]) for it in hooks]


class TestWebhooks:
    async def test_tell_of_each_kind_of_event(
        self, life: AccountLife, endpoint: WebhookEndpoint
    ) -> None:
        alice = await everything(life)
        told = {kind for kind, _ in calls(life)}
        await be_erased(life, alice)
        afterwards = {kind for kind, _ in calls(life)}

        assert told | afterwards == {it.value for it in WEBHOOK_EVENTS}
        assert afterwards == {"user.deleted"}  # with the user went all that was about them

    async def test_say_whose_session_has_ended(
        self, life: AccountLife, alice: User, endpoint: WebhookEndpoint
    ) -> None:
        issued = [await life.on.sign_in(login="alice", password=PASSWORD) for _ in range(3)]

        await life.on.end_session(user=alice.id, session=issued[0].session)
        await life.on.end_session(user=alice.id, session=issued[0].session)
        await life.on.end_others(user=alice.id, keep=issued[2].session)
        await life.on.disable(user=alice.id)

        ended = [data for kind, data in calls(life) if kind == "session.ended"]
        assert ended == [{"user_id": alice.id, "session_id": it.session} for it in issued]

    async def test_tell_of_a_session_that_reuse_has_ended(
        self, life: AccountLife, alice: User, endpoint: WebhookEndpoint
    ) -> None:
        first = await life.on.sign_in(login="alice", password=PASSWORD)
        await life.on.refresh(refresh_token=first.refresh_token)
        life.wait(hours=1)
        for _ in range(2):
            with pytest.raises(Exception, match="refresh token"):
                await life.on.refresh(refresh_token=first.refresh_token)

        assert [kind for kind, _ in calls(life)] == ["session.ended"]

    async def test_tell_of_a_session_that_one_too_many_has_ended(
        self, life: AccountLife, alice: User, endpoint: WebhookEndpoint
    ) -> None:
        """SE-11."""
        issued = [await life.on.sign_in(login="alice", password=PASSWORD) for _ in range(101)]

        assert calls(life) == [
            ("session.ended", {"user_id": alice.id, "session_id": issued[0].session})
        ]

    async def test_only_to_those_who_want_to_hear_it(self, life: AccountLife, alice: User) -> None:
        wants = WebhookEndpoint(
            id=EndpointId(an_id()),
            url="https://hooks.example/",
            events=frozenset({EventType.USER_DISABLED}),
            sealed_secret=b"sealed",
            created_at=life.clock.now(),
        )
        await life.webhooks.add(wants)
        await life.session_of(alice)

        await life.on.disable(user=alice.id)
        await life.on.enable(user=alice.id)

        assert [kind for kind, _ in calls(life)] == ["user.disabled"]

    async def test_lg_03_hold_no_password(
        self, life: AccountLife, alice: User, endpoint: WebhookEndpoint
    ) -> None:
        await change_password(life, alice)
        stored = await life.on.stored(alice.id)

        said = json.dumps(calls(life))
        for secret in (PASSWORD, NEW_PASSWORD, alice.password, stored.password):
            assert secret
            assert secret not in said
