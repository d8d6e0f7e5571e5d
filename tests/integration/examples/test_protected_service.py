"""examples/protected_service/with_pyjwt.py, with tokens of a real Hexkey and with forged ones."""

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from tests.support.server import ROOT, Server, running_server

PROGRAM = ROOT / "examples" / "protected_service" / "with_pyjwt.py"
ACCOUNT = {"username": "ada", "password": "a long walk in the rain"}


@pytest.fixture(scope="module")
def hexkey() -> Iterator[Server]:
    with running_server() as server:
        httpx2.post(f"{server.url}/users", json=ACCOUNT).raise_for_status()
        yield server


@pytest.fixture
def service(hexkey: Server, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("ISSUER", hexkey.url)
    spec = importlib.util.spec_from_file_location("protected_service", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(service: ModuleType) -> Iterator[TestClient]:
    with TestClient(service.app) as client:
        yield client


@pytest.fixture
def token(hexkey: Server) -> str:
    form = {"username": ACCOUNT["username"], "password": ACCOUNT["password"]}
    answer = httpx2.post(f"{hexkey.url}/token", data=form)
    return str(answer.json()["access_token"])


def call(client: TestClient, token: str, method: str = "GET") -> tuple[int, Any]:
    answer = client.request(method, "/notes", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


class TestProtectedService:
    def test_knows_the_caller(self, client: TestClient, token: str) -> None:
        claims = jwt.decode(token, options={"verify_signature": False})

        assert call(client, token) == (200, {"owner": claims["sub"], "notes": []})

    def test_refuses_a_caller_without_the_role(self, client: TestClient, token: str) -> None:
        assert call(client, token, "DELETE")[0] == 403

    def test_refuses_a_caller_without_a_token(self, client: TestClient) -> None:
        answer = client.get("/notes")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_refuses_a_token_that_was_changed(self, client: TestClient, token: str) -> None:
        head, payload, signature = token.split(".")

        assert call(client, f"{head}.{payload}.{signature[::-1]}")[0] == 401
        assert call(client, "x.y.z")[0] == 401

    def test_still_verifies_while_hexkey_is_away(self, service: ModuleType, token: str) -> None:
        service.verified(token, service.public_keys)
        service.public_keys._url = "http://127.0.0.1:9/nobody-listens"
        service.public_keys._fetched_at = float("-inf")

        assert service.verified(token, service.public_keys)


class TestForgedToken:
    """One thing is wrong with each, and each is refused."""

    @pytest.fixture
    def pair(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @pytest.fixture
    def keys(self, service: ModuleType, pair: ec.EllipticCurvePrivateKey) -> Any:
        """Keys as they would be if `pair` were Hexkey's."""
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(pair.public_key(), as_dict=True)
        keys = service.PublicKeys("http://127.0.0.1:9/nobody-listens")
        keys._keys = {"ours": jwt.PyJWK({**jwk, "kid": "ours", "alg": "ES256"})}
        return keys

    @staticmethod
    def forge(service: ModuleType, key: Any, header: dict[str, Any], claims: dict[str, Any]) -> str:
        now = datetime.now(UTC)
        payload = {
            "iss": service.ISSUER,
            "aud": service.AUDIENCE,
            "sub": "someone",
            "jti": "1",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            **claims,
        }
        full = {"typ": "at+jwt", "kid": "ours", **header}
        algorithm = str(full.pop("alg", "ES256"))
        present = {name: it for name, it in payload.items() if it is not None}
        return jwt.encode(present, key, algorithm, full)

    def test_is_accepted_when_nothing_is_wrong(
        self, service: ModuleType, keys: Any, pair: ec.EllipticCurvePrivateKey
    ) -> None:
        token = self.forge(service, pair, {}, {})

        assert service.verified(token, keys)["sub"] == "someone"

    @pytest.mark.parametrize(
        ("header", "claims"),
        [
            ({"typ": "JWT"}, {}),
            ({"kid": "theirs"}, {}),
            ({}, {"iss": "http://elsewhere.example"}),
            ({}, {"aud": "another service"}),
            ({}, {"exp": datetime(2026, 1, 1, tzinfo=UTC)}),
            ({}, {"exp": None}),
            ({}, {"sub": None}),
        ],
        ids=str,
    )
    def test_is_refused_for_its_content(
        self,
        service: ModuleType,
        keys: Any,
        pair: ec.EllipticCurvePrivateKey,
        header: dict[str, Any],
        claims: dict[str, Any],
    ) -> None:
        with pytest.raises(jwt.InvalidTokenError):
            service.verified(self.forge(service, pair, header, claims), keys)

    @pytest.mark.parametrize("algorithm", ["HS256", "none"])
    def test_is_refused_for_its_algorithm(
        self, service: ModuleType, keys: Any, algorithm: str
    ) -> None:
        secret = b"a shared secret of quite some length" if algorithm == "HS256" else None

        with pytest.raises(jwt.InvalidTokenError):
            service.verified(self.forge(service, secret, {"alg": algorithm}, {}), keys)

    def test_is_refused_for_its_key(self, service: ModuleType, keys: Any) -> None:
        another = ec.generate_private_key(ec.SECP256R1())

        with pytest.raises(jwt.InvalidTokenError):
            service.verified(self.forge(service, another, {}, {}), keys)

    def test_with_an_unknown_key_causes_one_request_a_minute(
        self, service: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = service.PublicKeys("http://127.0.0.1:9/nobody-listens")
        asked: list[str] = []

        def refuse(url: str, timeout: float) -> None:
            asked.append(url)
            raise OSError

        monkeypatch.setattr(service.urllib.request, "urlopen", refuse)

        for number in range(100):
            assert keys.find(f"invented-{number}") is None

        assert len(asked) == 1
