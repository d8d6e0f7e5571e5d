"""Client 3: people with nothing but an address; on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.support.http_client import PASSWORD, Client, client_of, token_of
from tests.support.postgres import drop_database, fresh_database
from tests.support.server import Server, run_program, running_server

pytestmark = pytest.mark.postgres

EMAIL = "ada@example.com"


@pytest.fixture(scope="module")
def server(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = fresh_database(postgres_server)
    env = {"HEXKEY_DATABASE_URL": url, "HEXKEY_EMAIL_REQUIRED": "true"}
    folder = tmp_path_factory.mktemp("server")
    migrated = run_program("migrate", folder=folder, env=env)
    assert migrated.returncode == 0, migrated.stderr
    with running_server(env, folder=folder) as server:
        yield server
    drop_database(postgres_server, url)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with client_of(server) as client:
        assert client.register(email=EMAIL).status_code == 201
        yield client


class TestEmailOnlyClient:
    def test_signs_in_with_json(self, client: Client) -> None:
        answer = client.sign_in("Ada@EXAMPLE.com")

        assert answer.status_code == 201
        assert answer.json()["token_type"] == "bearer"

    def test_reads_its_profile(self, client: Client) -> None:
        me = client.me(token_of(client.sign_in(EMAIL))).json()

        assert (me["email"], me["username"]) == (EMAIL, None)

    def test_is_told_that_it_is_not_authenticated(self, client: Client) -> None:
        answer = client.get("/users/me")

        assert answer.status_code == 401
        assert answer.json()["detail"] == "Not authenticated"

    @pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), "ada@EXAMPLE.com"])
    def test_meets_a_clean_conflict(self, client: Client, server: Server, email: str) -> None:
        """ID-05, LG-05: never an integrity error."""
        answer = client.register(email=email)

        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
        for word in ("integrity", "unique", "constraint", "psycopg", "asyncpg", "sql"):
            assert word not in answer.text.lower()
        assert not any(word in server.log for word in ("Integrity", "Traceback", "Error"))

    def test_is_asked_for_its_address(self, client: Client) -> None:
        assert client.register("ada").json()["code"] == "login_name_required"
        assert client.register(email="not an address").json()["code"] == "invalid_email"
        assert client.register(email="b@example.com", password=PASSWORD[:7]).status_code == 422
