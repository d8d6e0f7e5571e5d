"""The application in this process, spoken to without a socket."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx2
from dependency_injector import providers

from hexkey.adapters.mail.memory_sender import MemorySender
from hexkey.application.ports.mail import Mail
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.identifiers import UserId
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.http.app import Hexkey, create_app
from hexkey.entrypoints.settings import PREFIX, Settings
from tests.support.doubles import FrozenClock, QuickHasher

PASSWORD = "a long walk in the rain"
MASTER_SECRET = "one-secret-for-tests-0123456789-abcdef"

# Tests ask more often than people do, and from one address; those of the limits set them.
UNLIMITED = dict.fromkeys(("limit_sign_in", "limit_refresh", "limit_anonymous_write"), 0)

Answer = httpx2.Response
Headers = dict[str, str]


@dataclass(frozen=True)
class Api:
    """A Hexkey and a client of it.

    Attributes:
        hasher: quick, and keeps the books of what real hashing would cost.
        mails: what has left; nothing leaves before a test asks for it.
    """

    app: Hexkey
    client: httpx2.AsyncClient
    clock: FrozenClock
    hasher: QuickHasher
    mails: MemorySender

    @property
    def container(self) -> Container:
        return self.app.container

    async def call(self, method: str, path: str, **how: Any) -> Answer:
        """One request."""
        return await self.client.request(method, path, **how)

    async def register(self, username: str | None = "alice", **more: Any) -> dict[str, Any]:
        """A new account; its private representation."""
        names = {} if username is None else {"username": username}
        answer = await self.call("POST", "/users", json={**names, "password": PASSWORD, **more})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sign_in(self, login: str = "alice", password: str = PASSWORD) -> Headers:
        """The header that proves a new session."""
        body = {"login": login, "password": password}
        answer = await self.call("POST", "/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return bearer(answer.json()["access_token"])

    async def somebody(self, username: str = "alice") -> Headers:
        """The same, of a new account."""
        await self.register(username)
        return await self.sign_in(username)

    async def administrator(self, username: str = "annabel") -> Headers:
        """The same, of a new account that holds the role `admin`."""
        user = await self.register(username)
        await self.container.grant_role()(user=UserId(user["id"]), role=Role(ADMIN))
        return await self.sign_in(username)

    async def disable(self, id: str) -> None:
        """As an operator does."""
        await self.container.disable_user()(user=UserId(id))

    async def delivered(self) -> list[Mail]:
        """Let the outbox be emptied; the mails that have left since the last call."""
        await self.container.deliver_mail()()
        new = list(self.mails.sent)
        self.mails.sent.clear()
        return new

    async def mail(self) -> Mail:
        """The one mail that has left since the last call."""
        (mail,) = await self.delivered()
        return mail

    async def settle(self) -> None:
        """Let be written what requests only noted."""
        await self.container.write_sightings()()

    async def fall_silent(self) -> None:
        """Say nothing more to the database than the next requests ask for."""
        await self.container.background().stop()
        await self.container.throttle().settled()

    async def me(self, headers: Mapping[str, str]) -> Answer:
        """Who `headers` say one is."""
        return await self.call("GET", "/users/me", headers=headers)


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def settings(**values: Any) -> Settings:
    """Settings in memory, unless a database is given."""
    surroundings = tuple(it for it in os.environ.items() if it[0].startswith(PREFIX))
    try:
        return _settings(surroundings, **values)
    except TypeError:  # a list, say, cannot be looked up
        return _settings.__wrapped__(surroundings, **values)


@lru_cache(maxsize=None, typed=True)  # they never change, and reading them takes a test 5 ms
def _settings(_surroundings: tuple[tuple[str, str], ...], **values: Any) -> Settings:
    return Settings(
        **{
            "database_url": "memory://",
            "master_secret": MASTER_SECRET,
            "bcrypt_cost": 10,
            "public_url": "http://testserver",
            "worker": False,
            **UNLIMITED,
            **values,
        }
    )


def quick_container(
    configured: Settings,
    clock: FrozenClock,
    hasher: QuickHasher,
    mails: MemorySender | None = None,
) -> Container:
    """A container whose time stands still, whose passwords cost nothing and whose mails stay."""
    container = build_container(configured)
    container.mail_sender.override(providers.Object(mails or MemorySender()))
    container.clock.override(providers.Object(clock))
    container.password_hasher.override(providers.Object(hasher))
    return container


@asynccontextmanager
async def an_api(clock: FrozenClock | None = None, **values: Any) -> AsyncIterator[Api]:
    """A running application with these settings, on a clock of its own unless one is given."""
    clock, hasher, mails = clock or FrozenClock(), QuickHasher(), MemorySender()
    app = create_app(container=quick_container(settings(**values), clock, hasher, mails))
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.runtime.lifespan(None),
        httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield Api(app, client, clock, hasher, mails)
