"""RC-03: every artefact that anybody is ever given, at every endpoint that takes one.

Only the diagonal of the matrix succeeds.
"""

from collections.abc import Awaitable, Callable

import pytest

from hexkey.entrypoints.http.app import create_app
from tests.support.api import PASSWORD, Answer, Api, an_api, bearer, settings
from tests.support.mails import code_in, token_in
from tests.support.recovering import ADDRESS, ask, verified

pytestmark = pytest.mark.anyio

Present = Callable[[Api, str], Awaitable[Answer]]


async def registration_link() -> str:
    """Of an account that waits, where addresses are verified first; under the same secret."""
    async with an_api(registration="verified") as api:
        body = {"username": "dave", "email": "dave@example.com", "password": PASSWORD}
        await api.call("POST", "/users", json=body)
        return token_in(await api.mail())


async def everything(api: Api) -> dict[str, str]:
    """One of each thing that people hold."""
    given = {"foreign registration link": await registration_link()}
    await api.register("alice", email=ADDRESS)
    verification = await api.mail()
    given |= {"verification link": token_in(verification)}
    given |= {"verification code": code_in(verification)}
    body = {"login": "alice", "password": PASSWORD}
    session = (await api.call("POST", "/sessions", json=body)).json()
    given |= {"access token": session["access_token"]}
    given |= {"refresh token": session["refresh_token"], "session": session["session_id"]}
    api.clock.advance(minutes=1)
    flow = (await ask(api, "/password-resets")).json()["flow"]
    reset = await api.mail()
    given |= {"reset link": token_in(reset), "reset code": code_in(reset)}
    given |= {"reset flow": flow}
    await ask(api, "/users/me/email", "new@example.com", headers=bearer(session["access_token"]))
    given |= {"change link": token_in(await api.mail())}
    given |= {"undo link": await undo_link(api)}
    await api.container.invite_user()(email="carol@example.com")
    given |= {"invitation link": token_in(await api.mail())}
    given |= {"restore link": await restore_link(api)}
    given |= {"cursor": await cursor(api)}
    return given


async def undo_link(api: Api) -> str:
    """Bob has changed his address."""
    await verified(api, "bob")
    bob = await api.sign_in("bob")
    await ask(api, "/users/me/email", "bob@example.org", headers=bob)
    body = {"token": token_in(await api.mail())}
    await api.call("POST", "/email-changes/confirm", json=body)
    (mail,) = [it for it in await api.delivered() if it.to == "bob@example.com"]
    return token_in(mail)


async def restore_link(api: Api) -> str:
    """Gina is leaving."""
    await verified(api, "gina")
    await api.call("DELETE", "/users/me", headers=await api.sign_in("gina"))
    return token_in(await api.mail())


async def cursor(api: Api) -> str:
    headers = await api.administrator("hugo")
    answer = await api.call("GET", "/admin/users?limit=1", headers=headers)
    found: str = answer.json()["next_cursor"]
    return found


def as_member(path: str, member: str = "token", method: str = "POST", **more: str) -> Present:
    async def present(api: Api, secret: str) -> Answer:
        return await api.call(method, path, json={**more, member: secret})

    return present


def as_bearer(path: str) -> Present:
    async def present(api: Api, secret: str) -> Answer:
        return await api.call("GET", path, headers=bearer(secret))

    return present


def as_form(page: str, **more: str) -> Present:
    async def present(api: Api, secret: str) -> Answer:
        headers = {"Sec-Fetch-Site": "same-origin"}
        data = {**more, "token": secret}
        return await api.call("POST", f"/account/{page}", data=data, headers=headers)

    return present


def as_query(path: str) -> Present:
    async def present(api: Api, secret: str) -> Answer:
        return await api.call("GET", path, params={"token": secret})

    return present


async def as_cursor(api: Api, secret: str) -> Answer:
    headers = await api.sign_in("hugo")
    return await api.call("GET", "/admin/users", params={"cursor": secret}, headers=headers)


async def as_basic(api: Api, secret: str) -> Answer:
    return await api.call("GET", "/users/me", auth=("alice", secret))


NEW = {"new_password": "an even longer walk"}
JOIN = {"username": "joiner", "password": PASSWORD}
CODE = {"email": ADDRESS}
# where: (how it is presented there, what alone works there)
ENDPOINTS: dict[str, tuple[Present, set[str]]] = {
    "verify": (as_member("/email-verifications/confirm"), {"verification link"}),
    "verify by code": (
        as_member("/email-verifications/confirm", "code", **CODE),
        {"verification code"},
    ),
    "disown": (as_member("/email-verifications/disown"), {"verification link"}),
    "reset": (as_member("/password-resets/confirm", **NEW), {"reset link"}),
    "reset by code": (as_member("/password-resets/confirm", "code", **CODE, **NEW), set()),
    "change": (as_member("/email-changes/confirm"), {"change link"}),
    "undo": (as_member("/email-changes/undo"), {"undo link"}),
    "restore": (as_member("/account-restorations/confirm"), {"restore link"}),
    "invitation": (as_member("/invitations/accept", **JOIN), {"invitation link"}),
    "refresh": (as_member("/sessions/refresh", "refresh_token"), {"refresh token"}),
    "sign in": (as_member("/sessions", "password", login="alice"), set()),
    "me": (as_bearer("/users/me"), {"access token"}),
    "basic": (as_basic, set()),
    "list": (as_cursor, {"cursor"}),
    "verify page": (as_form("verify-email"), {"verification link"}),
    "disown page": (as_form("disown-email"), {"verification link"}),
    "reset page": (as_form("reset-password", **NEW), {"reset link"}),
    "change page": (as_form("change-email"), {"change link"}),
    "undo page": (as_form("undo-email-change"), {"undo link"}),
    "restore page": (as_form("restore-account"), {"restore link"}),
    "invitation page": (as_form("accept-invitation", **JOIN), {"invitation link"}),
    "see verify page": (as_query("/account/verify-email"), {"verification link"}),
    "see disown page": (as_query("/account/disown-email"), {"verification link"}),
    "see reset page": (as_query("/account/reset-password"), {"reset link"}),
    "see change page": (as_query("/account/change-email"), {"change link"}),
    "see undo page": (as_query("/account/undo-email-change"), {"undo link"}),
    "see restore page": (as_query("/account/restore-account"), {"restore link"}),
    "see invitation page": (as_query("/account/accept-invitation"), {"invitation link"}),
}
TAKERS = ("/confirm", "/disown", "/undo", "/accept")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
class TestArtifact:
    async def test_rc_03_works_nowhere_but_where_it_belongs(self, endpoint: str) -> None:
        """RC-03, P57, P65, CVE-2026-110862."""
        present, right = ENDPOINTS[endpoint]
        async with an_api(http_basic=True) as api:
            given = await everything(api)
            wrong = {name: it for name, it in given.items() if name not in right}

            answers = {name: await present(api, it) for name, it in wrong.items()}

            assert len(given) == 14
            assert [name for name, it in answers.items() if it.status_code < 400] == []

    async def test_rc_03_works_there_and_only_whole(self, endpoint: str) -> None:
        """RC-03: cut, doubled, in another case or with something behind it, it is nothing."""
        present, right = ENDPOINTS[endpoint]
        async with an_api(http_basic=True) as api:
            given = await everything(api)
            for name in right:
                secret = given[name]
                for bent in {secret[:-1], secret + "A", secret * 2, secret.swapcase()} - {secret}:
                    assert (await present(api, bent)).status_code >= 400, bent

                answer = await present(api, secret)

                assert answer.status_code < 400, answer.text


def test_rc_03_the_matrix_knows_every_endpoint_that_takes_a_mailed_token() -> None:
    """RC-03: a new one fails here until it is in the matrix."""
    paths = {getattr(route, "path", "") for route in create_app(settings()).routes}
    taking = {path for path in paths if path.endswith(TAKERS)}
    known = {
        "/email-verifications/confirm",
        "/email-verifications/disown",
        "/password-resets/confirm",
        "/email-changes/confirm",
        "/email-changes/undo",
        "/account-restorations/confirm",
        "/invitations/accept",
    }
    assert taking == known
