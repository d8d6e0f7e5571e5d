"""What people do that the audit trail tells of, a deed for each type of event."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from dependency_injector import providers

from hexkey.application.audit import refusals
from hexkey.domain.audit.event import AuditType
from hexkey.domain.identifiers import EndpointId, MessageId
from hexkey.domain.keys import KeyState, SigningAlgorithm
from tests.support.administering import define
from tests.support.api import PASSWORD, Api, Headers
from tests.support.life_flows import Somebody

Act = Callable[[Api, Headers, str], Awaitable[object]]


@dataclass(frozen=True)
class Deed:
    """Something that an administrator does, to Bob if to anybody; over HTTP if there is a route.

    Attributes:
        settings: of the deployment it is done in.
    """

    act: Act
    settings: Mapping[str, Any] = field(default_factory=dict)


DEEDS: dict[AuditType, Deed] = {}


def _causes(*types: AuditType, **settings: Any) -> Callable[[Act], Act]:
    def kept(act: Act) -> Act:
        DEEDS.update(dict.fromkeys(types, Deed(act, settings)))
        return act

    return kept


async def guess(api: Api, times: int, login: str = "bob") -> None:
    for _ in range(times):
        body = {"login": login, "password": "a wrong password"}
        await api.call("POST", "/sessions", json=body)


@_causes(AuditType.SIGN_IN_THROTTLED)
async def guess_too_often(api: Api, _: Headers, __: str) -> None:
    await guess(api, 6)


@_causes(AuditType.SPRAYING_SUSPECTED, throttle_network_failures=10)
async def guess_at_everybody(api: Api, _: Headers, __: str) -> None:
    for number in range(11):
        await guess(api, 1, f"somebody-{number}")


@_causes(AuditType.NEW_DEVICE)
async def sign_in_from_elsewhere(api: Api, _: Headers, __: str) -> None:
    who = Somebody(api, "ann")
    await who.settle()
    body = {"login": "ann", "password": PASSWORD}
    await api.call("POST", "/sessions", json=body, headers={"User-Agent": "Fox 1.0"})


@_causes(AuditType.USER_DISABLED, AuditType.USER_ENABLED)
async def disable_and_enable(api: Api, root: Headers, bob: str) -> None:
    for deed in ("disable", "enable"):
        await api.call("POST", f"/admin/users/{bob}/{deed}", headers=root)


@_causes(AuditType.ROLE_GRANTED, AuditType.ROLE_REVOKED)
async def grant_and_revoke(api: Api, root: Headers, bob: str) -> None:
    await define(api, "helper")
    for method in ("PUT", "DELETE"):
        await api.call(method, f"/admin/users/{bob}/roles/helper", headers=root)


@_causes(AuditType.ROLE_DEFINED, AuditType.ROLE_REMOVED)
async def define_and_remove(api: Api, _: Headers, __: str) -> None:
    await define(api, "helper")
    await api.container.remove_role()(name="helper")


@_causes(AuditType.API_KEY_MADE, AuditType.API_KEY_REVOKED)
async def make_and_revoke_a_key(api: Api, root: Headers, _: str) -> None:
    body = {"name": "backup", "scopes": ["account:read"], "expires_in": 60}
    made = await api.call("POST", "/users/me/api-keys", headers=root, json=body)
    await api.call("DELETE", f"/users/me/api-keys/{made.json()['id']}", headers=root)


@_causes(AuditType.KEY_RETIRED)
async def retire_a_key(api: Api, _: Headers, __: str) -> None:
    rotate, store = api.container.rotate_key(), api.container.signing_keys()
    await rotate(algorithm=SigningAlgorithm.ES256, at_once=True)
    (old,) = [it for it in await store.all() if it.state is KeyState.VERIFYING]
    await api.container.retire_key()(id=old.id)


@_causes(AuditType.WEBHOOK_REMOVED)
async def remove_a_webhook(api: Api, _: Headers, __: str) -> None:
    added, _secret = await api.container.add_webhook()(url="https://example.com/hook")
    await api.container.remove_webhook()(id=EndpointId(added.id))


@_causes(AuditType.OUTBOX_DROPPED, AuditType.OUTBOX_RETRIED)
async def drop_and_retry_a_mail(api: Api, _: Headers, __: str) -> None:
    await api.call("POST", "/password-resets", json={"email": "nobody@example.com"})
    found = await api.container.outbox_archive().page(state=None, after=None, limit=1)
    await api.container.drop_message()(id=MessageId(found[0].id))
    await api.container.retry_message()(id=MessageId(found[0].id))


@_causes(AuditType.AUDIT_READ, AuditType.EXPLANATION_READ)
async def read_the_trail(api: Api, root: Headers, _: str) -> None:
    refused = await api.call("POST", "/sessions", json={"login": "bob", "password": "wrong one"})
    await api.container.refusals().write()
    await api.call("GET", "/admin/audit-events", headers=root)
    asked = refused.headers["x-request-id"]
    await api.call("GET", f"/admin/explanations/{asked}", headers=root)


@_causes(AuditType.AUDIT_PRUNED)
async def wait_for_years(api: Api, _: Headers, __: str) -> None:
    await api.container.seal_audit_trail()()
    api.clock.advance(days=1000)
    await api.container.prune_audit_trail()()


@_causes(AuditType.ACCESS_REFUSED)
async def knock_at_administration(api: Api, _: Headers, __: str) -> None:
    await api.call("GET", "/admin/users", headers=await api.sign_in("bob"))


@_causes(AuditType.REQUEST_REFUSED)
async def take_a_taken_name(api: Api, _: Headers, __: str) -> None:
    await api.call("POST", "/users", json={"username": "bob", "password": PASSWORD})


@_causes(AuditType.REQUEST_FAILED)
async def meet_a_defect(api: Api, _: Headers, bob: str) -> None:
    def fail() -> None:
        raise ValueError("injected")

    with api.container.read_public_profile.override(providers.Callable(fail)):
        await api.call("GET", f"/users/{bob}")


@_causes(AuditType.REFUSALS_DROPPED)
async def flood(api: Api, root: Headers, bob: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(refusals, "MOST_WAITING", 2)
        for _ in range(3):
            await take_a_taken_name(api, root, bob)


@_causes(AuditType.REGISTRATION_REQUESTED, registration="verified")
async def ask_to_register(api: Api, _: Headers, __: str) -> None:
    body = {"username": "carol", "email": "carol@example.com", "password": PASSWORD}
    await api.call("POST", "/users", json=body)


@_causes(AuditType.BREACHES_UNANSWERED, breached_passwords_api="http://127.0.0.1:1/range")
async def choose_a_password(api: Api, _: Headers, __: str) -> None:
    await api.register("carol")
