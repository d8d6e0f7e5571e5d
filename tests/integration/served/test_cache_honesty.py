"""What is remembered is never wider than the truth: AZ-05, SE-05, and the issue's cache honesty."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import httpx2
import pytest

from tests.support.databases import BOTH
from tests.support.http_client import PASSWORD, Client, bearer, operate, token_of
from tests.support.mail_folder import link_mailed
from tests.support.postgres import drop_database, fresh_database
from tests.support.server import Server, run_program, running_server

LATEST = 1.5  # seconds; the promise is one, the rest is for a busy machine


@dataclass(frozen=True)
class Pair:
    """Two instances on one database: what one does, the other did not see happen."""

    here: Server
    there: Server
    env: dict[str, str]


@pytest.fixture(scope="module", params=BOTH)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("servers")
    postgres = request.getfixturevalue("postgres_server") if request.param != "sqlite" else None
    url = fresh_database(postgres) if postgres else f"sqlite:///{folder}/hexkey.db"
    env = {
        "HEXKEY_DATABASE_URL": url,
        "HEXKEY_MASTER_SECRET": "one-secret-for-both-0123456789-abcdef",
        "HEXKEY_PUBLIC_URL": "http://127.0.0.1:8000",
        "HEXKEY_MAIL_DIR": str(folder / "mails"),
    }
    assert run_program("migrate", folder=folder, env=env).returncode == 0
    with running_server(env, folder=folder) as here, running_server(env) as there:
        yield Pair(here, there, env)
    if postgres:
        drop_database(postgres, url)


@pytest.fixture
def here(pair: Pair) -> Iterator[Client]:
    with Client(base_url=pair.here.url, timeout=30) as client:
        yield client


@pytest.fixture
def there(pair: Pair) -> Iterator[Client]:
    with Client(base_url=pair.there.url, timeout=30) as client:
        yield client


def within_a_second(
    ask: Callable[[], httpx2.Response], fits: Callable[[httpx2.Response], bool]
) -> None:
    """Asks until it is so; it was remembered a moment ago, so at first it mostly is not."""
    deadline = time.monotonic() + LATEST
    while not fits(ask()):
        assert time.monotonic() < deadline, "still the old state"


def somebody(here: Client, there: Client, username: str) -> str:
    """A token that both have seen and remember."""
    assert here.register(username).status_code == 201
    token = token_of(here.sign_in(username))
    assert here.me(token).status_code == there.me(token).status_code == 200
    return token


class TestChange:
    def test_of_a_profile_is_seen(self, here: Client, there: Client) -> None:
        token = somebody(here, there, "alice")

        answer = here.patch("/users/me", json={"full_name": "New"}, headers=bearer(token))

        assert answer.json()["full_name"] == "New"
        assert here.me(token).json()["full_name"] == "New"
        within_a_second(lambda: there.me(token), lambda it: it.json()["full_name"] == "New")

    def test_of_the_password_ends_other_sessions(self, here: Client, there: Client) -> None:
        """RC-06, SE-05."""
        kept = somebody(here, there, "bob")
        other = token_of(there.sign_in("bob"))
        assert here.me(other).status_code == there.me(other).status_code == 200
        body = {"current_password": PASSWORD, "new_password": "another long walk"}

        assert here.put("/users/me/password", json=body, headers=bearer(kept)).is_success

        assert here.me(other).status_code == 401
        assert there.sign_in("bob").status_code == 401  # nothing of a password is remembered
        within_a_second(lambda: there.me(other), lambda it: it.status_code == 401)
        assert there.me(kept).status_code == 200

    def test_of_an_address_that_is_disowned_ends_every_session(
        self, pair: Pair, here: Client, there: Client
    ) -> None:
        """RC-06, RC-13, SE-05: on both instances, with every refresh token."""
        address = "erin@example.com"
        assert here.register("erin", email=address).is_success
        opened = [it.sign_in("erin").json() for it in (here, there)]
        for session, client in product(opened, (here, there)):
            assert client.me(session["access_token"]).status_code == 200
        mails = Path(pair.env["HEXKEY_MAIL_DIR"])
        link = link_mailed(mails, to=address, page="verify-email", ask=here)
        body = {"token": link.partition("=")[2]}
        assert there.post("/email-verifications/disown", json=body).is_success

        for session, client in product(opened, (here, there)):
            within_a_second(
                partial(client.me, session["access_token"]), lambda it: it.status_code == 401
            )
            refresh = {"refresh_token": session["refresh_token"]}
            assert client.post("/sessions/refresh", json=refresh).status_code == 401

    def test_by_an_operator_disables_everywhere(
        self, pair: Pair, here: Client, there: Client
    ) -> None:
        """SE-05: a third process has done it."""
        token = somebody(here, there, "carol")

        operate(pair.here, "users", "disable", "carol", **pair.env)

        assert here.sign_in("carol").status_code == there.sign_in("carol").status_code == 401
        for client in (here, there):
            within_a_second(partial(client.me, token), lambda it: it.status_code == 401)

    def test_by_an_operator_of_a_role_is_seen(
        self, pair: Pair, here: Client, there: Client
    ) -> None:
        """AZ-05: the roles in the token decide nothing here."""
        token = somebody(here, there, "dora")
        assert there.get("/admin/users", headers=bearer(token)).status_code == 403

        operate(pair.here, "users", "grant-admin", "dora", **pair.env)

        for client in (here, there):
            within_a_second(
                partial(client.get, "/admin/users", headers=bearer(token)),
                lambda it: it.status_code == 200,
            )
