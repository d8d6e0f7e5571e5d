"""A client of a running server, as an application would write it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.support.server import Server, run_program

PASSWORD = "a long walk in the rain"

Answer = httpx2.Response


class Client(httpx2.Client):
    """Calls one server, and knows the few things that every application does."""

    def register(self, username: str | None = None, **more: Any) -> Answer:
        """`POST /users`."""
        names = {} if username is None else {"username": username}
        return self.post("/users", json={**names, "password": PASSWORD, **more})

    def form(self, username: str, password: str = PASSWORD) -> Answer:
        """`POST /token`, as FastAPI's documentation does it."""
        return self.post("/token", data={"username": username, "password": password})

    def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        """`POST /sessions`."""
        return self.post("/sessions", json={"login": login, "password": password})

    def me(self, token: str, path: str = "/users/me") -> Answer:
        """Who holds `token`."""
        return self.get(path, headers=bearer(token))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(answer: Answer) -> str:
    """Of a sign-in that worked."""
    assert answer.status_code in {200, 201}, answer.text
    token: str = answer.json()["access_token"]
    return token


@contextmanager
def client_of(server: Server) -> Iterator[Client]:
    with Client(base_url=server.url, timeout=30) as client:
        yield client


def operate(server: Server, *arguments: str, **env: str) -> None:
    """Run `hexkey …` on the data of a running server."""
    settings = {"HEXKEY_PUBLIC_URL": server.url, **env}
    done = run_program(*arguments, folder=server.folder, env=settings)
    assert done.returncode == 0, done.stderr
