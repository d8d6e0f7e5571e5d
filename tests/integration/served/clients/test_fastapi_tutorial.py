"""Client 1: that of FastAPI's tutorial, with its form and its bearer token."""

import pytest

from tests.support.http_client import Client, operate, token_of
from tests.support.server import Server

# One sentence for each situation, and none that tells two reasons apart.
NO_TOKEN, BAD_TOKEN = "Not authenticated", "Invalid token"
BAD_PASSWORD = "Incorrect username or password"


@pytest.fixture(scope="module")
def token(client: Client) -> str:
    assert client.register("johndoe", full_name="John Doe").status_code == 201
    return token_of(client.form("johndoe"))


class TestTutorialClient:
    def test_gets_a_token_by_the_form(self, client: Client, token: str) -> None:
        answer = client.form("johndoe")

        assert answer.status_code == 200
        assert answer.json()["token_type"] == "bearer"
        assert set(answer.json()) >= {"access_token", "token_type"}

    def test_may_send_the_whole_form_of_oauth2(self, client: Client, token: str) -> None:
        form = {
            "grant_type": "password",
            "username": "johndoe",
            "password": "a long walk in the rain",
        }
        more = {"scope": "", "client_id": "string", "client_secret": "string"}

        assert client.post("/token", data={**form, **more}).status_code == 200

    @pytest.mark.parametrize("path", ["/users/me", "/users/me/"])
    def test_reads_who_it_is_with_and_without_the_slash(
        self, client: Client, token: str, path: str
    ) -> None:
        answer = client.me(token, path)

        assert answer.status_code == 200
        assert answer.history == []
        assert answer.json()["username"] == "johndoe"
        assert answer.json()["full_name"] == "John Doe"

    @pytest.mark.parametrize("path", ["/users/me", "/users/me/"])
    def test_is_refused_without_a_token(self, client: Client, path: str) -> None:
        answer = client.get(path)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["detail"] == NO_TOKEN

    def test_is_refused_with_a_bad_token(self, client: Client, token: str) -> None:
        for bad in ("x", token + "x", token[:-2], "null"):
            answer = client.me(bad)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
            assert answer.json()["detail"] == BAD_TOKEN

    @pytest.mark.parametrize("login", ["johndoe", "nobody", "", "x" * 300])
    def test_is_refused_with_a_bad_password_in_one_sentence(
        self, client: Client, token: str, login: str
    ) -> None:
        answer = client.form(login or " ", "not the password")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["detail"] == BAD_PASSWORD

    def test_is_refused_once_the_user_is_disabled(self, client: Client, server: Server) -> None:
        """With the old token, and in the words of a wrong password."""
        client.register("alice")
        old = token_of(client.form("alice"))
        operate(server, "users", "disable", "alice")

        again, late = client.form("alice"), client.form("alice", "not the password")
        answer = until_refused(client, old)

        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["detail"] == BAD_TOKEN
        for refused in (again, late):
            assert refused.status_code == 401
            assert refused.headers["WWW-Authenticate"] == "Bearer"
            assert refused.json()["detail"] == BAD_PASSWORD


def until_refused(client: Client, token: str):  # type: ignore[no-untyped-def]  # an answer
    """Another process has disabled the user: this one sees it within a second."""
    for _ in range(2000):
        answer = client.me(token)
        if answer.status_code == 401:
            return answer
    raise AssertionError("still let in")
