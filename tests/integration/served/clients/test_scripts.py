"""Client 5: a form with user names only, and a script with HTTP Basic; on SQLite."""

import base64

import pytest

from tests.support.http_client import PASSWORD, Client, operate, token_of
from tests.support.server import Server

ALICE = ("alice", PASSWORD)
ROOT = ("rosa", PASSWORD)


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    return {"HEXKEY_HTTP_BASIC": "true"}


@pytest.fixture(scope="module")
def people(client: Client, server: Server) -> None:
    for username in ("alice", "rosa"):
        assert client.register(username).status_code == 201
    operate(server, "users", "grant-admin", "rosa")


@pytest.mark.usefixtures("people")
class TestForm:
    def test_signs_in(self, client: Client) -> None:
        assert client.me(token_of(client.form("alice"))).json()["username"] == "alice"

    def test_is_told_both_ways_to_authenticate(self, client: Client) -> None:
        offered = client.form("alice", "wrong").headers.get_list("WWW-Authenticate")

        assert offered == ["Bearer", 'Basic realm="hexkey", charset="UTF-8"']


@pytest.mark.usefixtures("people")
class TestScript:
    def test_needs_no_token(self, client: Client) -> None:
        assert client.get("/users/me", auth=ALICE).json()["username"] == "alice"

    @pytest.mark.parametrize(
        "auth", [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("a", "")]
    )
    def test_is_refused_with_a_bad_password(self, client: Client, auth: tuple[str, str]) -> None:
        answer = client.get("/users/me", auth=auth)

        assert answer.status_code == 401
        assert answer.json()["detail"] == "Incorrect username or password"
        assert any("Basic" in it for it in answer.headers.get_list("WWW-Authenticate"))

    @pytest.mark.parametrize("credential", [b"alice", b"\xff:x", b":", b"a:b:c"])
    def test_is_refused_when_malformed(self, client: Client, credential: bytes) -> None:
        encoded = base64.b64encode(credential).decode()

        answer = client.get("/users/me", headers={"Authorization": f"Basic {encoded}"})

        assert answer.status_code == 401

    def test_may_have_colons_and_umlauts_in_its_password(self, client: Client) -> None:
        client.register("colin", password="später: viel später")

        assert client.get("/users/me", auth=("colin", "später: viel später")).status_code == 200

    def test_of_a_plain_user_may_not_list_users(self, client: Client) -> None:
        """AZ-01."""
        answer = client.get("/admin/users", auth=ALICE)

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "rosa" not in answer.text

    def test_of_an_administrator_may(self, client: Client) -> None:
        names = [user["username"] for user in client.get("/admin/users", auth=ROOT).json()["items"]]

        assert names[:2] == ["alice", "rosa"]

    def test_of_a_plain_user_with_a_token_may_not_either(self, client: Client) -> None:
        headers = {"Authorization": f"Bearer {token_of(client.form('alice'))}"}

        assert client.get("/admin/users", headers=headers).status_code == 403

    def test_goes_through_the_list_page_by_page(self, client: Client) -> None:
        """AZ-10."""
        first = client.get("/admin/users?limit=1", auth=ROOT).json()
        cursor = first["next_cursor"]
        second = client.get("/admin/users", params={"limit": 1, "cursor": cursor}, auth=ROOT).json()

        assert [it["username"] for it in first["items"] + second["items"]] == ["alice", "rosa"]
        bent = client.get("/admin/users", params={"cursor": cursor[:-2] + "xx"}, auth=ROOT)
        assert (bent.status_code, bent.json()["code"]) == (400, "invalid_cursor")
