"""RA: many at once, at a server with two workers, on both databases."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest

from tests.support.databases import BOTH
from tests.support.http_client import PASSWORD, Client, bearer, token_of
from tests.support.postgres import drop_database, fresh_database
from tests.support.server import Server, run_program, running_server

AT_ONCE = 50
ROUNDS = 1  # the stores have races of many rounds of their own


@pytest.fixture(scope="module", params=BOTH)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    if request.param == "sqlite":
        yield from _serve({}, folder)
        return
    postgres = request.getfixturevalue("postgres_server")
    url = fresh_database(postgres)
    yield from _serve({"HEXKEY_DATABASE_URL": url}, folder)
    drop_database(postgres, url)


def _serve(env: dict[str, str], folder: Path) -> Iterator[Server]:
    migrated = run_program("migrate", folder=folder, env=env)
    assert migrated.returncode == 0, migrated.stderr
    with running_server(env, folder=folder, arguments=["--workers", "2"]) as server:
        yield server


Call = Callable[[Client], httpx2.Response]


def calling(method: str, path: str, token: str | None = None, **body: str) -> Call:
    headers = bearer(token) if token else {}
    return lambda client: client.request(method, path, json=body, headers=headers)


def at_once(server: Server, calls: list[Call]) -> list[httpx2.Response]:
    """All answers; every call has a connection of its own, so that both workers get some."""
    gate = Barrier(len(calls))

    def one(call: Call) -> httpx2.Response:
        with Client(base_url=server.url, timeout=60) as client:
            gate.wait()
            return call(client)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def variants(name: str) -> list[str]:
    """Spellings of one name, in case and composition."""
    decomposed = unicodedata.normalize("NFD", name)
    return [name, name.upper(), name.title(), decomposed, decomposed.upper()]


class TestEqualRegistrations:
    @pytest.mark.parametrize("round", range(ROUNDS))
    @pytest.mark.parametrize("kind", ["username", "email"])
    def test_ra_01_make_one_account(self, server: Server, kind: str, round: int) -> None:
        """RA-01, ID-05: one 201, and 409 or "too busy" for everybody else; never a 5xx of ours."""
        name = f"j\u00fcrgen{round}" + ("@example.com" if kind == "email" else "")
        spellings = [variants(name)[number % 5] for number in range(AT_ONCE)]

        answers = at_once(
            server,
            [calling("POST", "/users", **{kind: it, "password": PASSWORD}) for it in spellings],
        )

        assert Counter(it.status_code for it in answers) == {201: 1, 409: AT_ONCE - 1}
        assert {it.json()["code"] for it in answers if it.status_code == 409} == {f"{kind}_taken"}
        with Client(base_url=server.url) as client:
            me = client.me(token_of(client.sign_in(name))).json()
        assert me[kind] in spellings


class TestContention:
    def test_ra_08_different_registrations_all_succeed(self, server: Server) -> None:
        """RA-08: a retry or 503, never 500 or a lost account."""
        names = [f"person{number}" for number in range(AT_ONCE)]

        calls = [calling("POST", "/users", username=it, password=PASSWORD) for it in names]
        answers = at_once(server, calls)

        assert {it.status_code for it in answers} <= {201, 503}
        made = [it.json()["username"] for it in answers if it.status_code == 201]
        assert len(made) == len(set(made)) >= AT_ONCE // 2
        with Client(base_url=server.url, timeout=60) as client:
            ids = [it.json()["id"] for it in answers if it.status_code == 201]
            assert {client.get(f"/users/{it}").status_code for it in ids} == {200}

    def test_ra_08_one_of_many_renamings_to_one_name_wins(self, server: Server) -> None:
        """RA-08: a unique name is unique under contention, too."""
        with Client(base_url=server.url, timeout=60) as client:
            tokens = []
            for number in range(12):
                client.register(f"renamed{number}")
                tokens.append(token_of(client.sign_in(f"renamed{number}")))

        answers = at_once(
            server,
            [calling("PATCH", "/users/me", it, username="the-one") for it in tokens],
        )

        assert Counter(it.status_code for it in answers) == {200: 1, 409: 11}

    def test_ra_08_one_of_many_new_passwords_wins(self, server: Server) -> None:
        """RA-05, RA-08: and it is the one whose caller was told so."""
        with Client(base_url=server.url, timeout=60) as client:
            client.register("changer")
            tokens = [token_of(client.sign_in("changer")) for _ in range(8)]
        path = "/users/me/password"
        news = [f"a longer walk number {number}" for number in range(8)]

        answers = at_once(
            server,
            [
                calling("PUT", path, token, current_password=PASSWORD, new_password=new)
                for token, new in zip(tokens, news, strict=True)
            ],
        )

        statuses = [it.status_code for it in answers]
        assert statuses.count(204) == 1
        assert set(statuses) <= {204, 401, 429}
        with Client(base_url=server.url, timeout=60) as client:
            assert client.sign_in("changer", news[statuses.index(204)]).status_code in {201, 429}
