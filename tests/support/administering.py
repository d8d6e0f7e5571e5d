"""Administrators of every kind, and the routes they call."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from hexkey.application.sessions.api_keys import MadeApiKey
from hexkey.domain.access import Permission, Role
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.api_key import KeyKind
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.protection import WithPermission, rule_of
from tests.support.api import Answer, Api, Headers, settings

HELPER = Role("helper")
BODIES: dict[tuple[str, str], dict[str, Any]] = {  # that the route would take
    ("POST", "/admin/users"): {"email": "new@example.com"},
    ("PATCH", "/admin/users/{id}"): {"full_name": "Somebody Else"},
}
ACTING_ON_SOMEBODY = [  # with what each needs
    ("PATCH", "/admin/users/{id}", {"full_name": "Changed"}),
    ("PATCH", "/admin/users/{id}", {"status": "disabled"}),
    ("POST", "/admin/users/{id}/disable", None),
    ("POST", "/admin/users/{id}/enable", None),
    ("POST", "/admin/users/{id}/require-password-reset", None),
    ("DELETE", "/admin/users/{id}", None),
    ("DELETE", "/admin/users/{id}/sessions", None),
    ("PUT", "/admin/users/{id}/roles/helper", None),
    ("DELETE", "/admin/users/{id}/roles/helper", None),
]


def admin_routes() -> Iterator[tuple[str, str, WithPermission]]:
    """Method, path and rule of every route that asks for a permission."""
    for route in create_app(settings()).routes:
        assert isinstance(route, APIRoute)
        rule = rule_of(route)
        if isinstance(rule, WithPermission):
            for method in sorted(route.methods or ()):
                yield method, route.path, rule


async def define(api: Api, name: str, *permissions: str) -> None:
    """Let a role permit exactly this."""
    await api.container.define_role()(name=name, permissions=permissions)


async def a_helper(
    api: Api, *permissions: str, username: str = "helper", role: str = HELPER
) -> Headers:
    """Somebody new, who may do exactly this."""
    await define(api, role, *permissions)
    user = await api.register(username)
    await api.container.grant_role()(user=UserId(user["id"]), role=Role(role))
    return await api.sign_in(username)


async def a_service_key(api: Api, username: str, *scopes: str) -> MadeApiKey:
    """As an operator makes one, without an end."""
    owner = await api.container.find_user()(reference=username)
    return await api.container.make_api_key()(
        owner=owner.id,
        name="service",
        scopes=frozenset(scopes),
        lifetime=None,
        kind=KeyKind.SERVICE,
    )


async def act(
    api: Api, method: str, path: str, headers: Headers, *, on: str = "", body: Any = None
) -> Answer:
    """Call a route of administration about the user `on`."""
    given = BODIES.get((method, path)) if body is None else body
    more = {} if given is None else {"json": given}
    where = path.replace("{id}", on).replace("{role}", HELPER).replace("{request_id}", on)
    return await api.call(method, where, headers=headers, **more)


EVERY_PERMISSION = tuple(Permission)
