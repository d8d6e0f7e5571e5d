"""Client 2: people with a user name and an address."""

import pytest

from tests.support.http_client import PASSWORD, Client, bearer, token_of

ALICE = {"username": "Alice", "email": "Alice@Example.com"}


@pytest.fixture(scope="module")
def alice(client: Client) -> dict[str, str]:
    answer = client.register(**ALICE, full_name="Alice Liddell")
    assert answer.status_code == 201
    created: dict[str, str] = answer.json()
    return created


@pytest.fixture
def token(client: Client, alice: dict[str, str]) -> str:
    return token_of(client.sign_in("alice"))


class TestSignUp:
    def test_shows_the_address_to_its_owner(self, client: Client, alice: dict[str, str]) -> None:
        token = token_of(client.sign_in("ALICE@example.COM"))

        assert alice["email"] == "Alice@Example.com"
        assert client.me(token).json()["email"] == "Alice@Example.com"

    def test_shows_the_address_to_nobody_else(self, client: Client, alice: dict[str, str]) -> None:
        client.register("carol")
        other = token_of(client.sign_in("carol"))

        for headers in ({}, bearer(other)):
            answer = client.get(f"/users/{alice['id']}", headers=headers)
            assert answer.status_code == 200
            assert set(answer.json()) == {"id", "username", "full_name", "picture"}
            assert "example" not in answer.text.lower()

    @pytest.mark.parametrize(
        ("names", "code"),
        [
            ({"username": "alice", "email": "b@example.com"}, "username_taken"),
            ({"username": "ALICE", "email": "b@example.com"}, "username_taken"),
            ({"username": "ａlice"}, "username_taken"),
            ({"username": "bob", "email": "alice@example.com"}, "email_taken"),
            ({"username": "bob", "email": "ALICE@EXAMPLE.COM"}, "email_taken"),
        ],
    )
    def test_takes_each_name_once_in_any_case(
        self, client: Client, alice: dict[str, str], names: dict[str, str], code: str
    ) -> None:
        """ID-05, ID-06."""
        answer = client.register(**names)

        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert "alice" not in answer.text.lower()


class TestProfile:
    def test_is_changed_by_its_owner(self, client: Client, token: str) -> None:
        change = {"full_name": "Alice P. Liddell", "picture": "https://example.com/a.png"}

        answer = client.patch("/users/me", json=change, headers=bearer(token))

        assert answer.status_code == 200
        assert answer.json().items() >= change.items()
        assert client.me(token).json() == answer.json()

    def test_keeps_what_is_not_mentioned(self, client: Client, token: str) -> None:
        before = client.me(token).json()

        after = client.patch("/users/me", json={"picture": None}, headers=bearer(token)).json()

        assert after["full_name"] == before["full_name"]
        assert after["picture"] is None

    @pytest.mark.parametrize("taken", ["dave", "DAVE", "Dave"])
    def test_that_meets_a_taken_name_is_refused_and_unchanged(
        self, client: Client, token: str, taken: str
    ) -> None:
        client.register("dave")
        change = {"username": taken, "full_name": "Somebody Else"}

        answer = client.patch("/users/me", json=change, headers=bearer(token))

        assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")
        me = client.me(token).json()
        assert (me["username"], me["full_name"] != "Somebody Else") == ("Alice", True)

    def test_may_spell_its_own_name_differently(self, client: Client, token: str) -> None:
        assert client.patch(
            "/users/me", json={"username": "aLICE"}, headers=bearer(token)
        ).is_success
        assert client.patch(
            "/users/me", json={"username": "Alice"}, headers=bearer(token)
        ).is_success


class TestNewPassword:
    NEW = "an even longer walk in the rain"

    def change(self, client: Client, token: str, current: str) -> int:
        body = {"current_password": current, "new_password": self.NEW}
        return client.put("/users/me/password", json=body, headers=bearer(token)).status_code

    def test_is_set_only_with_the_old_one(self, client: Client) -> None:
        """PW-13."""
        client.register("erin")
        token, other = token_of(client.sign_in("erin")), token_of(client.sign_in("erin"))

        assert self.change(client, token, "not the password") == 401
        assert client.sign_in("erin", PASSWORD).status_code == 201
        assert self.change(client, token, PASSWORD) == 204
        assert client.me(token).status_code == 200
        assert client.me(other).status_code == 401
        assert client.sign_in("erin", PASSWORD).status_code == 401
        assert client.sign_in("erin", self.NEW).status_code == 201
