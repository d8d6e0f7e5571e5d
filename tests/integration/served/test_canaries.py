"""PW-12, LG-03: what is secret comes back in no answer and stands in no log."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.http_client import Client, bearer, token_of
from tests.support.server import Server

CANARY = "qzxCanary7Password"
OTHER = "qzxCanary8Password"
JSON = {"Content-Type": "application/json"}
BY_MAIL = (
    *("/email-verifications", "/email-verifications/confirm", "/email-verifications/disown"),
    *("/password-resets", "/password-resets/confirm", "/users/me/email", "/invitations/accept"),
    *("/email-changes/confirm", "/email-changes/undo", "/account-restorations/confirm"),
)
PAGES = (
    *("verify-email", "disown-email", "reset-password", "change-email", "undo-email-change"),
    *("restore-account", "accept-invitation", "done"),
)
MASTER_SECRET = "qzxCanary9-a-master-secret-0123456789"


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """The level of logging that says the most."""
    return {
        "HEXKEY_LOG_LEVEL": "debug",
        "HEXKEY_ACCESS_LOG": "true",
        "HEXKEY_HTTP_BASIC": "true",
        "HEXKEY_MASTER_SECRET": MASTER_SECRET,
    }


def bad_bodies() -> Iterator[dict[str, object]]:
    """The canary in its own place and in every wrong one."""
    yield {"username": "al ice", "password": CANARY}
    yield {"username": CANARY + "@", "password": CANARY, "login": CANARY}
    yield {"password": [CANARY]}
    yield {"password": {"a": CANARY}}
    yield {"password": CANARY + "\0"}
    yield {"password": CANARY * 40, "username": "alice2"}
    yield {"current_password": CANARY, "new_password": "short"}
    yield {"current_password": "wrong", "new_password": CANARY}
    yield {"current_password": CANARY, "new_password": CANARY, CANARY: CANARY}
    yield {"login": "alice", "password": CANARY + "x"}
    yield {CANARY: 1}
    yield {"email": CANARY, "password": CANARY}
    yield {"full_name": CANARY * 20, "picture": f"javascript:{CANARY}"}
    yield {"token": CANARY, "new_password": CANARY}
    yield {"token": f"hxk_ot_{CANARY}", "password": CANARY}
    yield {"email": "a@b.example", "code": CANARY, "flow": CANARY, "new_password": CANARY}


def everything_wrong(client: Client, token: str) -> Iterator[httpx2.Response]:
    caller = bearer(token)
    endpoints = [("POST", "/users"), ("POST", "/sessions"), ("PATCH", "/users/me")]
    by_mail = [("POST", path) for path in BY_MAIL]
    for method, path in [*endpoints, *by_mail, ("PUT", "/users/me/password")]:
        for body in bad_bodies():
            yield client.request(method, path, json=body, headers=caller)
            broken = json.dumps(body)[:-2].encode()
            yield client.request(method, path, content=broken, headers={**caller, **JSON})
            yield client.request(method, path, content=broken, headers=caller)
            yield client.request(method, path, json=[body], headers=caller)
    for form in ({"username": "alice", "password": OTHER}, {"password": CANARY}, {CANARY: CANARY}):
        yield client.post("/token", data=form)
        yield client.post("/token", data={**form, "grant_type": CANARY})
    yield client.post("/token", content=f"password={CANARY}&password={CANARY}")
    for page in PAGES:
        place, ours = f"/account/{page}", {"Sec-Fetch-Site": "same-origin"}
        yield client.get(f"{place}?token={CANARY}&what={CANARY}")
        for form in (
            {"token": CANARY, "password": CANARY},
            {"new_password": CANARY},
            {CANARY: "x"},
        ):
            yield client.post(place, data=form, headers=ours)
            yield client.post(place, data=form)
    yield client.get("/users/me", auth=("alice", CANARY + "y"))
    yield client.get("/users/me", headers={"Authorization": f"Basic {CANARY}"})
    yield client.get("/users/me", headers={"Authorization": f"Bearer {CANARY}"})
    yield client.get(f"/users/me?token={CANARY}&password={CANARY}", headers=caller)
    yield client.get(f"/admin/users?cursor={CANARY}", headers=caller)


class TestCanary:
    def test_pw_12_lg_03_is_in_no_answer_and_no_log(self, client: Client, server: Server) -> None:
        """PW-12, LG-03, X1, LG-06."""
        assert client.register("alice", password=CANARY).status_code == 201
        token = token_of(client.sign_in("alice", CANARY))
        other = token_of(client.form("alice", CANARY))
        change = {"current_password": CANARY, "new_password": OTHER}
        assert client.put("/users/me/password", json=change, headers=bearer(token)).is_success

        answers = list(everything_wrong(client, token))

        assert len(answers) > 200
        assert not [it.text for it in answers if "qzxcanary" in it.text.lower()]
        assert not [it for it in answers if "qzxcanary" in str(it.headers).lower()]
        assert {it.status_code for it in answers} <= {*range(200, 500)}
        log = server.log
        assert log.count('"path"') > 200  # it was listening
        for secret in (CANARY, OTHER, MASTER_SECRET, "qzxcanary", token, other):
            assert secret.lower() not in log.lower()

    def test_lg_03_is_not_in_the_database_either(self, client: Client, server: Server) -> None:
        """LG-03: no password, token or master secret in what a thief of the file would read."""
        client.register("dora", password=CANARY)
        token = token_of(client.sign_in("dora", CANARY))

        data = b"".join(it.read_bytes() for it in Path(server.folder, "data").iterdir())
        assert b"dora" in data
        for secret in (CANARY, MASTER_SECRET, token, token.rpartition(".")[2]):
            assert secret.encode() not in data

    def test_lg_03_keys_and_device_tokens_are_in_no_log_and_not_in_the_database(
        self, client: Client, server: Server
    ) -> None:
        """LG-03, TK-10: the set-up token alone is printed, once, for whoever starts the server."""
        client.register("keyholder", password=CANARY)
        body, header = {"login": "keyholder", "password": CANARY}, "X-Hexkey-Device"
        signed_in = client.post("/sessions", json=body, headers={header: "new"})
        device, mine = signed_in.headers[header], bearer(token_of(signed_in))
        wanted = {"name": "backup", "scopes": ["account:read"], "expires_in": 3600}
        key = client.post("/users/me/api-keys", json=wanted, headers=mine).json()["secret"]

        assert client.get("/users/me", headers=bearer(key)).status_code == 200
        for secret in (key, device):
            for headers in (bearer(secret), bearer(secret[:-1]), {header: secret}):
                client.get(f"/users/{secret}?{secret}={secret}", headers=headers)
                client.delete(f"/users/me/api-keys/{secret}", headers=mine)
                client.post("/sessions", json={"login": secret, "password": secret})

        data = b"".join(it.read_bytes() for it in Path(server.folder, "data").iterdir())
        assert b"keyholder" in data
        for secret in (key, device):
            assert secret[-40:] not in server.log
            assert secret[-40:].encode() not in data
        assert server.log.count("hxk_su_") == 1

    def test_lg_04_every_line_of_the_log_is_one_object(
        self, client: Client, server: Server
    ) -> None:
        """LG-04, IN-13: whatever the path holds."""
        for path in ("/a%0d%0ab", "/%1b[31m", "/%e2%80%a8", '/"x"', "/a%0a{}"):
            client.get(path)

        lines = [it for it in server.log.splitlines() if it.startswith("{")]
        tail = server.log[server.log.index(lines[0]) :].splitlines()
        assert all(isinstance(json.loads(line), dict) for line in tail)
