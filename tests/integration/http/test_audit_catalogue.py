"""LG-01: each act leaves exactly its events."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.audit.event import AuditEvent, AuditType, Outcome
from hexkey.domain.keys import SigningAlgorithm
from tests.support.api import PASSWORD, Api
from tests.support.life_flows import FLOWS, Somebody

pytestmark = pytest.mark.anyio

EVENTS_OF: dict[str, list[str]] = {
    "registering": ["email.verification_requested", "user.registered"],
    "signing_in": ["sign_in.succeeded"],
    "refreshing": ["session.refreshed"],
    "changing_the_profile": ["user.updated"],
    "changing_the_password": ["password.changed"],
    "proving_identity": ["reauthentication.succeeded"],
    "ending_other_sessions": ["session.ended"],
    "asking_for_verification": ["email.verification_requested"],
    "verifying_by_link": ["email.verified"],
    "verifying_by_code": ["email.verified"],
    "disowning": ["user.updated"],
    "asking_for_reset": ["password.reset_requested"],
    "resetting_by_link": ["password.reset", "session.ended"],
    "resetting_by_code": ["password.reset", "session.ended"],
    "asking_for_another_address": ["email.change_requested"],
    "confirming_another_address": ["email.changed"],
    "taking_the_address_back": ["email.changed", "session.ended"],
    "leaving": ["user.deletion_scheduled"],
}


class Trail:
    """What was written down since the last look."""

    def __init__(self, api: Api) -> None:
        self.api, self.seen = api, set[str]()

    async def new(self) -> Sequence[AuditEvent]:
        await self.api.container.refusals().write()
        found = await self.api.container.audit_archive().page(AuditQuery(), after=None, limit=500)
        events = [event for event in reversed(found) if event.id not in self.seen]
        self.seen.update(event.id for event in events)
        return events

    async def types(self) -> list[str]:
        return sorted(event.type for event in await self.new())


@pytest.fixture
def trail(api: Api) -> Trail:
    return Trail(api)


class TestAFlow:
    @pytest.mark.parametrize("name", sorted(set(FLOWS) & set(EVENTS_OF)))
    async def test_lg_01_leaves_exactly_its_events(self, api: Api, trail: Trail, name: str) -> None:
        deed = await FLOWS[name](Somebody(api, "ann"))
        await trail.new()

        assert await deed() < 300

        assert await trail.types() == EVENTS_OF[name]

    @pytest.mark.parametrize("name", sorted(FLOWS))
    async def test_lg_01_never_goes_without(self, api: Api, trail: Trail, name: str) -> None:
        """Generated over all flows that change an account: a new one must be told of, too."""
        deed = await FLOWS[name](Somebody(api, "ann"))
        await trail.new()

        assert await deed() < 300

        events = await trail.new()
        assert events
        assert all(event.outcome is Outcome.DONE for event in events)


class TestAnEvent:
    async def test_lg_01_says_who_did_it_from_where_and_in_which_request(
        self, api: Api, trail: Trail
    ) -> None:
        user = await api.register()
        await trail.new()
        body = {"login": "alice", "password": PASSWORD}

        answer = await api.call("POST", "/sessions", json=body, headers={"User-Agent": "Fox"})

        (event,) = await trail.new()
        assert event.type == "sign_in.succeeded"
        assert event.details == {"method": "password"}
        assert event.actor == f"user:{user['id']}"
        assert event.subject == user["id"]
        assert (event.client, event.address) == ("Fox", "127.0.0.1")
        assert event.request_id == answer.headers["x-request-id"]
        assert event.session_hash is not None
        assert (event.at, event.at.microsecond % 1000) == (api.clock.now(), 0)

    async def test_lg_01_of_an_administrator_names_both(self, api: Api, trail: Trail) -> None:
        admin, user = await api.administrator(), await api.register("bob")
        me = (await api.me(admin)).json()["id"]
        await trail.new()

        answer = await api.call("POST", f"/admin/users/{user['id']}/disable", headers=admin)

        assert answer.status_code < 300
        (event,) = await trail.new()
        assert (event.type, event.actor, event.subject) == (
            "user.disabled",
            f"user:{me}",
            user["id"],
        )


Act = Callable[[Api], Awaitable[object]]


async def _reuse(api: Api) -> None:
    body = {"login": "alice", "password": PASSWORD}
    spent = token = (await api.call("POST", "/sessions", json=body)).json()["refresh_token"]
    for _ in range(2):
        answer = await api.call("POST", "/sessions/refresh", json={"refresh_token": token})
        token = answer.json()["refresh_token"]
        api.clock.advance(minutes=1)
    await api.call("POST", "/sessions/refresh", json={"refresh_token": spent})


async def _look(api: Api) -> None:
    await api.call("GET", "/admin/users", headers=await api.sign_in("annabel"))


ACTS: dict[str, tuple[Act, list[str]]] = {
    "a wrong password": (
        lambda api: api.call(
            "POST", "/sessions", json={"login": "alice", "password": "a wrong password"}
        ),
        ["sign_in.refused"],
    ),
    "a spent refresh token": (
        _reuse,
        [
            "session.ended",
            "session.refresh_refused",
            "session.refresh_token_reused",
            "session.refreshed",
            "session.refreshed",
            "sign_in.succeeded",
        ],
    ),
    "a key": (
        lambda api: api.container.rotate_key()(algorithm=SigningAlgorithm.ES256),
        ["key.made"],
    ),
    "a key at once": (
        lambda api: api.container.rotate_key()(algorithm=SigningAlgorithm.ES256, at_once=True),
        ["key.made", "key.promoted"],
    ),
    "a webhook": (
        lambda api: api.container.add_webhook()(url="https://example.com/hook"),
        ["webhook.added"],
    ),
    "an invitation": (
        lambda api: api.container.invite_user()(email="new@example.com", roles=(Role(ADMIN),)),
        ["user.invited"],
    ),
    "a junk mailed token": (
        lambda api: api.call("POST", "/email-verifications/confirm", json={"token": "junk"}),
        ["one_time_token.refused"],
    ),
    "a look at the users": (_look, ["admin.read", "sign_in.succeeded"]),
}


class TestAnAct:
    @pytest.mark.parametrize("name", ACTS)
    async def test_lg_01_leaves_exactly_its_events(self, api: Api, trail: Trail, name: str) -> None:
        await api.register()
        await api.administrator()
        await trail.new()
        act, types = ACTS[name]

        await act(api)

        assert await trail.types() == types


class TestAStart:
    async def test_lg_01_writes_the_configuration_down_without_its_secrets(self, api: Api) -> None:
        query = AuditQuery(type="server.started")
        (event,) = await api.container.audit_archive().page(query, after=None, limit=9)

        assert event.actor == "system"
        assert event.details["HEXKEY_DATABASE_URL"] == "memory://"
        secret = api.container.settings().master_secret
        assert secret is not None
        assert secret.get_secret_value() not in repr(event)


class TestTheCatalogue:
    def test_lg_01_has_at_least_thirty_types_whose_names_say_what_about_what(self) -> None:
        names = [it.value for it in AuditType]

        assert len(names) >= 30
        assert all(name.replace(".", "").replace("_", "").isalpha() for name in names)
        assert all(name.count(".") == 1 for name in names)
