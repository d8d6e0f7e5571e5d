"""LG-01: a change of several things at once is told of as each of them is alone."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.identifiers import UserId
from tests.support.administering import HELPER, define
from tests.support.api import Api

pytestmark = pytest.mark.anyio

EDITOR = "editor"

Change = Mapping[str, Any]
PROFILES: Mapping[str, Change] = {
    "nothing": {},
    "the name": {"username": "renamed"},
    "the full name": {"full_name": "Somebody Else"},
    "both": {"username": "renamed", "full_name": "Somebody Else"},
}
STATUSES: Mapping[str, Change] = {
    "nothing": {},
    "the status": {"status": "disabled"},
    "the status as it is": {"status": "active"},
}
ROLES: Mapping[str, tuple[Change, Sequence[str]]] = {
    "nothing": ({}, ()),
    "one more": ({"roles": [HELPER, EDITOR]}, ["role.granted"]),
    "one less": ({"roles": []}, ["role.revoked"]),
    "another one": ({"roles": [EDITOR]}, ["role.granted", "role.revoked"]),
}


def combinations() -> Iterator[Any]:
    """Every change of names, status and roles together, with what is to be written down."""
    for profile, status, roles in product(PROFILES, STATUSES, ROLES):
        change, told = ROLES[roles]
        body = {**PROFILES[profile], **STATUSES[status], **change}
        types = [
            *(["user.updated"] if profile != "nothing" else []),
            *(["user.disabled"] if status == "the status" else []),
            *told,
        ]
        if body:
            yield pytest.param(body, types, id=f"{profile}, {status}, {roles}")


def called_for(types: Sequence[str]) -> list[str]:
    """Applications hear of a role as of a change of the user."""
    return sorted("user.updated" if it.startswith("role.") else it for it in types)


async def written_about(api: Api, id: str) -> list[str]:
    """What the trail has about somebody, without how their sessions ended."""
    found = await api.container.audit_archive().page(AuditQuery(subject=id), after=None, limit=100)
    return sorted(it.type for it in found if it.type != "session.ended")


async def queued(api: Api) -> list[str]:
    """What applications are about to be told."""
    messages = await api.container.list_outbox()(limit=100)
    return sorted(it.kind for it in messages if it.channel == "webhook")


async def bob_with_a_role(api: Api) -> str:
    """Somebody who has just become a helper."""
    await define(api, HELPER, "users:read")
    await define(api, EDITOR, "app:write")
    bob = await api.register("bob")
    await api.container.grant_role()(user=UserId(bob["id"]), role=HELPER)
    return str(bob["id"])


def more(after: Sequence[str], before: Sequence[str]) -> list[str]:
    """What is in `after` beyond `before`."""
    left = list(after)
    for it in before:
        left.remove(it)
    return left


class TestSeveralChangesAtOnce:
    @pytest.mark.parametrize(("body", "types"), [*combinations()])
    async def test_lg_01_are_told_of_each_by_its_own_event(
        self, api: Api, body: Change, types: Sequence[str]
    ) -> None:
        """LG-01: in the trail, and to applications."""
        root, bob = await api.administrator(), await bob_with_a_role(api)
        events = ("user.updated", "user.disabled", "user.enabled")
        await api.container.add_webhook()(url="https://example.com/hook", events=events)
        before = await written_about(api, bob)

        answer = await api.call("PATCH", f"/admin/users/{bob}", headers=root, json=body)

        assert answer.status_code == 200
        assert more(await written_about(api, bob), before) == sorted(types)
        assert await queued(api) == called_for(types)

    async def test_lg_01_say_that_somebody_was_enabled_and_renamed(self, api: Api) -> None:
        """LG-01: the other way round."""
        root, bob = await api.administrator(), await bob_with_a_role(api)
        await api.disable(bob)
        before = await written_about(api, bob)
        body = {"username": "renamed", "status": "active", "roles": []}

        answer = await api.call("PATCH", f"/admin/users/{bob}", headers=root, json=body)

        assert answer.status_code == 200
        told = ["role.revoked", "user.enabled", "user.updated"]
        assert more(await written_about(api, bob), before) == told
