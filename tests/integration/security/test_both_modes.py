"""One suite of rules for applications that mount Hexkey, and for those that reach it by HTTP."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hosts import PASSWORD, Deployment, Mode, an_application
from tests.support.jose import playbook, read


@pytest.fixture(scope="module", params=["embedded", "remote"])
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    mode: Mode = request.param
    with an_application(mode, tmp_path_factory.mktemp(mode)) as it:
        it.register("ada")
        yield it


@pytest.fixture
def token(deployment: Deployment) -> str:
    return deployment.sign_in("ada")


def seconds_until_refused(deployment: Deployment, token: str) -> float:
    """How long the application goes on believing the token; five seconds at most."""
    begun = time.monotonic()
    while deployment.call("/me", token).status_code != 401:
        assert time.monotonic() - begun < 5
    return time.monotonic() - begun


class TestCaller:
    def test_is_known(self, deployment: Deployment, token: str) -> None:
        claims = read(token)[1]

        assert deployment.call("/me", token).json() == {
            "id": claims["sub"],
            "session": claims["sid"],
            "scopes": [],
            "roles": [],
        }

    def test_is_refused_without_a_token(self, deployment: Deployment) -> None:
        answer = deployment.call("/me")

        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json() == {"detail": "Not authenticated"}

    @pytest.mark.parametrize("header", ["Bearer x", "Bearer x.y.z", "Bearer " + "x" * 9000])
    def test_is_refused_with_junk(self, deployment: Deployment, header: str) -> None:
        answer = deployment.app.get("/me", headers={"Authorization": header})

        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_is_refused_with_two_tokens(self, deployment: Deployment, token: str) -> None:
        twice = [("Authorization", f"Bearer {token}")] * 2

        assert deployment.app.get("/me", headers=twice).status_code == 401

    def test_jw_14_is_refused_with_whatever_somebody_forged(
        self, deployment: Deployment, token: str
    ) -> None:
        url = f"{deployment.prefix}/.well-known/jwks.json"
        jwk = deployment.auth.get(url).json()["keys"][0]

        believed = [
            name
            for name, forged in playbook(token, jwk)
            if forged.isascii()
            and forged.isprintable()
            and forged == forged.strip()  # else no header
            if deployment.call("/me", forged).status_code != 401
        ]

        assert believed == []
        assert deployment.call("/me", token).status_code == 200


class TestOptionalCaller:
    def test_may_be_nobody(self, deployment: Deployment) -> None:
        assert deployment.call("/perhaps").json() is None

    def test_may_be_somebody(self, deployment: Deployment, token: str) -> None:
        assert deployment.call("/perhaps", token).json() == read(token)[1]["sub"]

    def test_is_refused_with_a_bad_token(self, deployment: Deployment) -> None:
        assert deployment.call("/perhaps", "x.y.z").status_code == 401


class TestRule:
    @pytest.mark.parametrize(
        ("scope", "write", "both"),
        [
            ("", 403, 403),
            ("notes:read", 403, 403),
            ("notes:write", 200, 403),
            ("notes:read notes:write", 200, 200),
        ],
    )
    def test_of_scopes(self, deployment: Deployment, scope: str, write: int, both: int) -> None:
        token = deployment.sign_in("ada", scope)

        assert deployment.call("/write", token).status_code == write
        assert deployment.call("/both", token).status_code == both

    def test_of_a_role(self, deployment: Deployment) -> None:
        deployment.register("grace")
        assert deployment.call("/admin", deployment.sign_in("grace")).status_code == 403

        deployment.run("users", "grant-admin", "grace")

        assert deployment.call("/admin", deployment.sign_in("grace")).status_code == 200

    def test_of_freshness_se_08(self, deployment: Deployment, token: str) -> None:
        assert deployment.call("/fresh", token).status_code == 200

        answer = deployment.call("/never-fresh-enough", token)

        assert answer.status_code == 403
        assert answer.json() == {"detail": "Confirm your password first."}


class TestRevocation:
    """SE-03, SE-05: what ends at Hexkey ends here within a second."""

    def test_by_signing_out(self, deployment: Deployment, token: str) -> None:
        other = deployment.sign_in("ada")
        deployment.ask("DELETE", "/sessions/current", token)

        assert seconds_until_refused(deployment, token) < 1
        assert deployment.call("/me", other).status_code == 200

    def test_by_a_new_password(self, deployment: Deployment) -> None:
        deployment.register("mary")
        mine, other = (deployment.sign_in("mary") for _ in range(2))
        body = {"current_password": PASSWORD, "new_password": "the rain has stopped"}
        deployment.ask("PUT", "/users/me/password", mine, json=body)

        assert seconds_until_refused(deployment, other) < 1
        assert deployment.call("/me", mine).status_code == 200

    def test_by_disabling_from_another_process(self, deployment: Deployment) -> None:
        deployment.register("joan")
        token = deployment.sign_in("joan")
        assert deployment.call("/me", token).status_code == 200

        deployment.run("users", "disable", "joan")

        assert seconds_until_refused(deployment, token) < 1

    def test_is_no_surprise_to_anybody_else(self, deployment: Deployment, token: str) -> None:
        answers: list[Any] = [deployment.call("/me", token) for _ in range(20)]

        assert {it.status_code for it in answers} == {200}
