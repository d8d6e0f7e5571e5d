"""What a client keeps of a session: its tokens."""

from dataclasses import dataclass
from typing import Any

from tests.support.api import PASSWORD, Answer, Api, Headers, bearer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Device:
    """One session, and the latest tokens of it; another `api` is another instance.

    Attributes:
        id: of the session.
    """

    api: Api
    id: str
    access: str
    refresh: str

    @property
    def headers(self) -> Headers:
        return bearer(self.access)

    async def present(self, refresh_token: str | None = None, *, at: Api | None = None) -> Answer:
        """Send a refresh token, the latest one unless told otherwise; keep nothing."""
        body = {"refresh_token": refresh_token or self.refresh}
        return await (at or self.api).call("POST", "/sessions/refresh", json=body)

    async def renew(self) -> str:
        """Refresh as a client does; the token that was spent."""
        spent, answer = self.refresh, await self.present()
        assert answer.status_code == 200, answer.text
        self.access, self.refresh = tokens_of(answer)
        return spent

    async def call(self, method: str, path: str, **how: Any) -> Answer:
        """One request by this session."""
        return await self.api.call(method, path, headers=self.headers, **how)

    async def is_in(self, *, at: Api | None = None) -> bool:
        """Whether its access token is good."""
        answer = await (at or self.api).me(self.headers)
        assert answer.status_code in {200, 401}, answer.text
        return answer.status_code == 200

    async def is_over(self, *, at: Api | None = None) -> bool:
        """Whether neither of its tokens is good any more."""
        refused = (await self.present(at=at)).json().get("code") == "invalid_refresh_token"
        return refused and not await self.is_in(at=at)

    async def prove(self, password: str = PASSWORD) -> Answer:
        """Give the password once more."""
        path = "/sessions/current/reauthenticate"
        return await self.call("POST", path, json={"password": password})

    async def listed(self) -> list[dict[str, Any]]:
        """The sessions of its user."""
        answer = await self.call("GET", "/sessions")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def tokens_of(answer: Answer) -> tuple[str, str]:
    """Access and refresh token."""
    body = answer.json()
    return body["access_token"], body["refresh_token"]


async def a_device(
    api: Api, login: str = "alice", *, password: str = PASSWORD, user_agent: str = FIREFOX
) -> Device:
    """A new session of somebody who is registered."""
    body = {"login": login, "password": password}
    agent = {"User-Agent": user_agent.encode("latin-1")}
    answer = await api.call("POST", "/sessions", json=body, headers=agent)
    assert answer.status_code == 201, answer.text
    return Device(api, answer.json()["session_id"], *tokens_of(answer))


async def a_new_device(api: Api, username: str = "alice") -> Device:
    """The first session of a new account."""
    await api.register(username)
    return await a_device(api, username)
