"""Client 4: user names only, JSON, and a header in the style of FastAPI's `HTTPBearer`."""

import time
from pathlib import Path
from typing import Any

import pytest

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.domain.keys import SigningAlgorithm
from tests.support.http_client import Client, token_of
from tests.support.jose import forge, read
from tests.support.server import DidNotStart, run_program, running_server

SECRET = "an-hs256-master-secret-for-tests-0123456789"


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    return {
        "HEXKEY_MASTER_SECRET": SECRET,
        "HEXKEY_SIGNING_ALGORITHM": "HS256",
        "HEXKEY_USERNAME_REQUIRED": "true",
    }


@pytest.fixture(scope="module")
def token(client: Client) -> str:
    assert client.register("alice").status_code == 201
    return token_of(client.sign_in("alice"))


def aged(token: str, **by: int) -> str:
    """The same token with other times, as only the server itself could have signed it."""
    derived = DerivedKeys(MasterSecret(SECRET.encode()))
    signing = UnsealedKeyRing(derived=derived, algorithm=SigningAlgorithm.HS256).contents.signing
    assert signing is not None
    header, claims = read(token)
    changed: dict[str, Any] = {name: claims[name] + seconds for name, seconds in by.items()}
    return forge(header, {**claims, **changed}, signing.private)


class TestHttpBearerClient:
    def test_reads_who_it_is(self, client: Client, token: str) -> None:
        assert client.me(token).json()["username"] == "alice"
        assert client.me(aged(token, exp=0)).status_code == 200  # the forger knows the key

    def test_is_told_that_its_token_has_expired(self, client: Client, token: str) -> None:
        lifetime = read(token)[1]["exp"] - int(time.time())
        expired = aged(token, iat=-lifetime - 60, exp=-lifetime - 60)

        answer = client.me(expired)

        assert answer.status_code == 401
        assert answer.json()["detail"] == "Token expired"
        assert answer.json()["code"] == "token_expired"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_has_thirty_seconds_of_grace(self, client: Client, token: str) -> None:
        """JW-08: exp −15 s passes; −60 s, as above, fails."""
        lifetime = read(token)[1]["exp"] - int(time.time())

        assert client.me(aged(token, iat=-lifetime, exp=-lifetime - 15)).status_code == 200

    @pytest.mark.parametrize("bad", ["", "x", "a.b.c", "tampered", "from the future"])
    def test_is_told_that_its_token_is_invalid(self, client: Client, token: str, bad: str) -> None:
        forged = {"tampered": token[:-4] + "AAAA", "from the future": aged(token, iat=120)}

        answer = client.me(forged.get(bad, bad or "."))

        assert answer.status_code == 401
        assert answer.json()["detail"] == "Invalid token"
        assert answer.json()["code"] == "invalid_token"

    def test_of_an_expired_and_tampered_token_is_told_it_is_invalid(
        self, client: Client, token: str
    ) -> None:
        expired = aged(token, iat=-2000, exp=-2000)

        assert client.me(expired).json()["detail"] == "Token expired"
        assert client.me(expired[:-4] + "AAAA").json()["detail"] == "Invalid token"

    @pytest.mark.parametrize("value", ["", "Bearer", "Token x", "Basic YTpi"])
    def test_without_a_bearer_token_is_not_authenticated(self, client: Client, value: str) -> None:
        answer = client.get("/users/me", headers={"Authorization": value})

        assert answer.status_code == 401
        assert answer.json()["detail"] == "Not authenticated"

    def test_registers_with_a_user_name_or_not_at_all(self, client: Client) -> None:
        answer = client.register(email="bob@example.com")

        assert (answer.status_code, answer.json()["code"]) == (422, "login_name_required")

    def test_publishes_no_secret(self, client: Client) -> None:
        """JW-15."""
        assert client.get("/.well-known/jwks.json").json() == {"keys": []}


class TestProduction:
    @pytest.mark.parametrize("secret", [None, "", "too-few", "a" * 64, "changeme" * 8])
    def test_cr_03_does_not_start_without_a_secret(
        self, tmp_path: Path, secret: str | None
    ) -> None:
        """CR-03: with the reason, and without the value."""
        env = {"HEXKEY_ENVIRONMENT": "production", "HEXKEY_SIGNING_ALGORITHM": "HS256"}
        env |= {} if secret is None else {"HEXKEY_MASTER_SECRET": secret}

        done = run_program("serve", "--port", "0", folder=tmp_path, env=env)

        assert done.returncode != 0
        assert "HEXKEY_MASTER_SECRET" in done.stderr
        assert not secret or secret not in done.stderr + done.stdout
        assert "Traceback" not in done.stderr

    def test_starts_with_one(self, tmp_path: Path) -> None:
        env = {"HEXKEY_ENVIRONMENT": "production", "HEXKEY_MASTER_SECRET": SECRET}
        try:
            with running_server(env, folder=tmp_path) as server:
                assert server.process.poll() is None
        except DidNotStart as error:
            pytest.fail(str(error))
