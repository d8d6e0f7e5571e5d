"""Every way to make the service compare a password, and to do it from wherever one likes."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support.api import PASSWORD, Answer, Api, Headers

HOME, OFFICE = "203.0.113.7", "198.51.100.1"
WRONG = "a wrong password"

Way = Callable[["Guesser", str], Awaitable[Answer]]


@dataclass(frozen=True)
class Guesser:
    """Somebody somewhere, at one account.

    Attributes:
        session: what proves a live session, for the ways that need one.
        device: a device token, if they have one.
    """

    api: Api
    login: str = "alice"
    session: Headers | None = None
    address: str | None = HOME
    device: str | None = None

    @property
    def headers(self) -> Headers:
        """Where they are, and on which device."""
        headers = {} if self.address is None else {"X-Forwarded-For": self.address}
        return headers if self.device is None else {**headers, "X-Hexkey-Device": self.device}

    async def guess(self, password: str = WRONG, *, by: str = "JSON") -> Answer:
        """One attempt."""
        return await WAYS[by](self, password)

    async def exhaust(self, *, by: str = "JSON") -> None:
        """Guess until one has to wait."""
        statuses = [(await self.guess(by=by)).status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]


async def by_json(who: Guesser, password: str) -> Answer:
    body = {"login": who.login, "password": password}
    return await who.api.call("POST", "/sessions", json=body, headers=who.headers)


async def by_form(who: Guesser, password: str) -> Answer:
    form = {"username": who.login, "password": password}
    return await who.api.call("POST", "/token", data=form, headers=who.headers)


async def by_basic(who: Guesser, password: str) -> Answer:
    pair = base64.b64encode(f"{who.login}:{password}".encode()).decode()
    headers = {**who.headers, "Authorization": f"Basic {pair}"}
    return await who.api.call("GET", "/users/me", headers=headers)


async def by_reauthentication(who: Guesser, password: str) -> Answer:
    assert who.session is not None
    return await who.api.call(
        "POST",
        "/sessions/current/reauthenticate",
        json={"password": password},
        headers={**who.headers, **who.session},
    )


async def by_password_change(who: Guesser, password: str) -> Answer:
    assert who.session is not None
    return await who.api.call(
        "PUT",
        "/users/me/password",
        json={"current_password": password, "new_password": f"{PASSWORD}, again"},
        headers={**who.headers, **who.session},
    )


WAYS: dict[str, Way] = {
    "JSON": by_json,
    "form": by_form,
    "Basic": by_basic,
    "reauthentication": by_reauthentication,
    "password change": by_password_change,
}
"""Each by what it is called in tests; a route that compares a password is missing from here only
until `test_rl_03_knows_every_route_that_compares_a_secret` has run."""
