"""Status × credential: who is let in by what, after something has happened (SE-05, JW-07)."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.keys import SigningAlgorithm
from tests.support.api import PASSWORD, Api, Headers, bearer
from tests.support.api import an_api as another_api
from tests.support.issuing import a_signing_key, derived_keys
from tests.support.jose import forge, read
from tests.support.mails import token_in
from tests.support.recovering import ask, with_address

pytestmark = pytest.mark.anyio

BASIC = httpx2.BasicAuth("alice", PASSWORD)
NEW = "an even longer walk in the rain"

Happening = Callable[[Api, str, Headers], Awaitable[object]]


async def nothing(api: Api, user: str, token: Headers) -> None:
    pass


async def disabled(api: Api, user: str, token: Headers) -> None:
    await api.disable(user)


async def enabled_again(api: Api, user: str, token: Headers) -> None:
    await api.disable(user)
    await api.container.enable_user()(user=UserId(user))


async def password_changed(api: Api, user: str, token: Headers) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    other = await api.sign_in()
    answer = await api.call("PUT", "/users/me/password", json=body, headers=other)
    assert answer.status_code == 204


async def password_set(api: Api, user: str, token: Headers) -> None:
    await api.container.set_password()(user=UserId(user), new_password=NEW)


async def password_reset(api: Api, user: str, token: Headers) -> None:
    """RC-06."""
    await ask(api, "/password-resets")
    body = {"token": token_in(await api.mail()), "new_password": NEW}
    answer = await api.call("POST", "/password-resets/confirm", json=body)
    assert answer.status_code == 204


async def address_disowned(api: Api, user: str, token: Headers) -> None:
    """RC-13: the password stays, the sessions do not."""
    await ask(api, "/email-verifications")
    body = {"token": token_in(await api.mail())}
    answer = await api.call("POST", "/email-verifications/disown", json=body)
    assert answer.status_code == 204


async def leaving(api: Api, user: str, token: Headers) -> None:
    """By another session."""
    answer = await api.call("DELETE", "/users/me", headers=await api.sign_in())
    assert answer.status_code == 202


async def due_for_erasure(api: Api, user: str, token: Headers) -> None:
    await leaving(api, user, token)
    api.clock.advance(days=14)
    await api.container.erase_due()()


async def erased(api: Api, user: str, token: Headers) -> None:
    await due_for_erasure(api, user, token)
    api.clock.advance(hours=1)
    assert await api.container.erase_due()() == 1


async def time_went_by(api: Api, user: str, token: Headers) -> None:
    api.clock.advance(seconds=15 * 60 + 31)


async def session_ran_out(api: Api, user: str, token: Headers) -> None:
    api.clock.advance(days=31)


# what happened: (the old token, HTTP Basic with the old password, a new sign-in with it)
MATRIX: dict[Happening, tuple[int, int, int]] = {
    nothing: (200, 200, 201),
    disabled: (401, 401, 401),
    enabled_again: (401, 200, 201),
    password_changed: (401, 401, 401),
    password_set: (401, 401, 401),
    password_reset: (401, 401, 401),
    address_disowned: (401, 200, 201),
    leaving: (401, 200, 201),
    due_for_erasure: (401, 401, 401),
    erased: (401, 401, 401),
    time_went_by: (401, 200, 201),
    session_ran_out: (401, 200, 201),
}


class TestStatusByCredential:
    @pytest.mark.parametrize(
        ("happening", "expected"), MATRIX.items(), ids=[it.__name__ for it in MATRIX]
    )
    async def test_se_05_decides_at_once(
        self, api: Api, happening: Happening, expected: tuple[int, int, int]
    ) -> None:
        """SE-05, AZ-05, P43, P46, P52: on every way in."""
        user = await with_address(api)
        token = await api.sign_in()
        assert (await api.me(token)).status_code == 200  # whatever is remembered, is

        await happening(api, user["id"], token)

        found = await api.me(token)
        basic = await api.call("GET", "/users/me", auth=BASIC)
        body = {"login": "alice", "password": PASSWORD}
        sign_in = await api.call("POST", "/sessions", json=body)
        assert (found.status_code, basic.status_code, sign_in.status_code) == expected
        if found.status_code == 401:
            assert found.json()["code"] in {"invalid_token", "token_expired"}

    async def test_pw_13_the_session_that_changes_the_password_stays(self, api: Api) -> None:
        token = await api.somebody()
        body = {"current_password": PASSWORD, "new_password": NEW}

        answer = await api.call("PUT", "/users/me/password", json=body, headers=token)

        assert answer.status_code == 204
        assert (await api.me(token)).status_code == 200

    async def test_a_session_that_is_not_there_is_none(self, api: Api) -> None:
        """A token whose session was never opened, or was ended and erased."""
        token = await api.somebody()
        absent = SessionId("01900000-0000-7000-8000-000000000000")

        assert (await api.me(bearer(resigned(api, token, sid=absent)))).status_code == 401
        assert (await api.me(bearer(resigned(api, token)))).status_code == 200

    async def test_a_session_of_somebody_else_is_none(self, api: Api) -> None:
        """The subject and the session must belong together."""
        alice, _ = await api.somebody(), await api.somebody("bob")
        bob = await api.sign_in("bob")
        theirs = read(bob["Authorization"][7:])[1]["sid"]

        assert (await api.me(bearer(resigned(api, alice, sid=theirs)))).status_code == 401


class TestForeignToken:
    @pytest.mark.parametrize("claim", ["iss", "aud"])
    async def test_jw_07_of_another_issuer_or_audience_is_refused(
        self, api: Api, claim: str
    ) -> None:
        """JW-07: although our key has signed it."""
        token = await api.somebody()

        for value in ("https://evil.example", "http://testserver/", "HTTP://testserver", "", None):
            forged = resigned(api, token, **{claim: value})
            assert (await api.me(bearer(forged))).status_code == 401, value

    async def test_jw_07_of_another_deployment_is_refused(self, api: Api) -> None:
        """JW-07: same secret, same names, another key."""
        async with another_api(public_url="http://testserver") as other:
            token = await other.somebody()
            assert (await other.me(token)).status_code == 200

            assert (await api.me(token)).status_code == 401

    async def test_jw_07_of_a_deployment_that_shares_the_master_secret_is_refused(
        self, api: Api
    ) -> None:
        """JW-07, CR-04: HS256 with the same secret, at a server for ES256."""
        async with another_api(signing_algorithm="HS256") as other:
            assert (await api.me(await other.somebody())).status_code == 401

    async def test_of_a_key_that_was_never_here_is_refused(self, api: Api) -> None:
        token = await api.somebody()
        header, claims = read(token["Authorization"][7:])
        ring = UnsealedKeyRing(derived=derived_keys(), algorithm=SigningAlgorithm.ES256)
        ring.load([a_signing_key(SigningAlgorithm.ES256)])
        signing = ring.contents.signing
        assert signing is not None

        for kid in (header["kid"], signing.id):
            forged = forge({**header, "kid": kid}, claims, signing.private)
            assert (await api.me(bearer(forged))).status_code == 401


def resigned(api: Api, token: Headers, **changes: object) -> str:
    """The token with other claims, signed by the server's own key."""
    header, claims = read(token["Authorization"][7:])
    signing = api.container.key_ring().contents.signing
    assert signing is not None
    return forge(header, {**claims, **changes}, signing.private)
