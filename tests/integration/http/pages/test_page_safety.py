"""WB-02 to WB-08, RC-11, PW-15: what holds for every page, however it came about."""

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from hexkey.entrypoints.http.app import create_app
from tests.support.api import Answer, Api, an_api, settings
from tests.support.mails import link_to, token_in
from tests.support.recovering import ADDRESS, ask, signs_in, verified
from tests.support.visiting import OURS, Visitor, form_in, tags_in

pytestmark = pytest.mark.anyio

SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
POLYGLOTS = [
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "{{7331*7331}}",
    "{% raw %}",
    "${7331*7331}",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "\u202e<b>",
    "%0d%0aSet-Cookie: a=b",
]


def pages() -> Iterator[tuple[str, str]]:
    """Method and path of every page."""
    for route in create_app(settings()).routes:
        assert isinstance(route, APIRoute)
        if route.path.startswith("/account/"):
            for method in sorted(route.methods or ()):
                yield method, route.path


PAGES = list(pages())
FORMS = [path for method, path in PAGES if method == "POST"]


async def reset_page(api: Api) -> Answer:
    """The page with a usable token."""
    await api.delivered()  # whatever was asked for before
    api.clock.advance(minutes=1)
    await verified(api)
    await ask(api, "/password-resets")
    return await Visitor(api).open(link_to(await api.mail(), "reset-password"))


async def answers(api: Api) -> list[Answer]:
    """Every page in every state that needs no token, and some that have one."""
    found = []
    for method, path in PAGES:
        for query in ("", "?token=x", "?token=a&token=b", "?what=x", "?what=email_verified"):
            for headers in ({}, OURS):
                found.append(await api.call(method, f"{path}{query}", headers=headers))
        if method == "POST":
            for data in ({"email": ADDRESS}, {"token": "x", "password": "y"}, {"token": "\0"}):
                found.append(await api.call(method, path, data=data, headers=OURS))
            found.append(await api.call(method, path, json={"token": "x"}, headers=OURS))
    opened = await reset_page(api)
    found += [opened, await Visitor(api).send(opened, {"new_password": "short"})]
    return found


class TestEveryPage:
    async def test_wb_02_03_rc_11_is_safe(self, api: Api) -> None:
        """WB-01, WB-02, WB-03, RC-11: 200, 202, 303 and every refusal."""
        found = await answers(api)

        assert {200, 202, 400, 403, 404, 415, 422} <= {it.status_code for it in found}
        for answer in found:
            assert {name: answer.headers.get(name) for name in SAFE} == SAFE
            assert "set-cookie" not in answer.headers
            assert answer.headers["content-type"].startswith("text/html")
            assert_strict(answer)

    async def test_rc_11_names_no_other_place(self, api: Api) -> None:
        """RC-11: no address leads away, and nothing is loaded."""
        for answer in await answers(api):
            for tag, attributes in tags_in(answer):
                assert tag not in {"img", "iframe", "object", "embed", "base", "video", "audio"}
                assert not [it for it in attributes if it.startswith("on") or it == "style"]
                places = [attributes.get(it) for it in ("href", "src", "action", "formaction")]
                for place in filter(None, places):
                    assert place == "data:," or place.startswith("/account/"), place

    async def test_is_readable_by_everybody(self, api: Api, visitor: Visitor) -> None:
        """WCAG 2.2: a language, a title, one heading, and a label for each field."""
        reset = await reset_page(api)
        await api.container.invite_user()(email="carol@example.com")
        invitation = await visitor.open(link_to(await api.mail(), "accept-invitation"))
        forgot = await visitor.open("/account/forgot-password")
        code = await visitor.send(forgot, {"email": ADDRESS})
        for answer in (invitation, forgot, code, reset):
            tags = tags_in(answer)
            assert next(it for tag, it in tags if tag == "html")["lang"] == "en"
            assert len([tag for tag, _ in tags if tag == "h1"]) == 1
            labeled = {it.get("for") for tag, it in tags if tag == "label"}
            shown = [
                it
                for tag, it in tags
                if tag == "input" and it.get("type") != "hidden" and "aria-hidden" not in it
            ]
            assert shown
            assert {it["id"] for it in shown} == labeled
            assert [it for tag, it in tags if tag == "meta" and it.get("name") == "viewport"]

    async def test_pw_15_lets_a_password_manager_help(self, api: Api) -> None:
        """PW-15: a password field, marked as a new one, that may be pasted into and shown."""
        form = form_in(await reset_page(api))

        password = form.fields["new_password"]
        assert (password["type"], password["autocomplete"]) == ("password", "new-password")
        assert "onpaste" not in password
        assert "maxlength" not in password
        assert [it for it in form.buttons if it.get("data-shows") == password["id"]]
        username = form.fields["username"]
        assert (username["autocomplete"], username["value"]) == ("username", ADDRESS)

    async def test_needs_leave_to_tell_an_origin_where_there_is_no_tls(self) -> None:
        """Browsers tell `Origin: null` under `no-referrer`, and nothing else without TLS."""
        async with an_api(public_url="http://auth.lan") as api:
            answer = await api.call("GET", "/account/forgot-password")
            assert answer.headers["referrer-policy"] == "strict-origin"
        async with an_api(public_url="http://127.0.0.1:8000") as api:
            answer = await api.call("GET", "/account/forgot-password")
            assert answer.headers["referrer-policy"] == "no-referrer"


def assert_strict(answer: Answer) -> None:
    """Nothing may run or look but what is hashed; and what is there, is hashed."""
    header = answer.headers["content-security-policy"]
    policy = {part.split()[0]: part.split()[1:] for part in header.split(";")}
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    if answer.status_code == HTTPStatus.SEE_OTHER:
        return
    assert policy["form-action"] == ["'self'"]
    assert policy["img-src"] == ["data:"]
    assert set(policy) == {
        *("default-src", "style-src", "script-src", "img-src"),
        *("form-action", "base-uri", "frame-ancestors"),
    }
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (allowed,) = policy[directive]
        for text in re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert allowed == f"'sha256-{digest}'"


FOREIGN: list[dict[str, str]] = [
    {},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://testserver.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://testserver"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Referer": "https://testserver/account/reset-password"},
]


class TestForeignForm:
    @pytest.mark.parametrize("headers", FOREIGN, ids=str)
    async def test_wb_04_does_nothing(self, api: Api, headers: dict[str, str]) -> None:
        """WB-04: 403, and the token still works for its owner."""
        opened = await reset_page(api)

        answer = await Visitor(api).send(
            opened, {"new_password": "the password of a thief"}, headers=headers
        )

        assert answer.status_code == 403
        assert "hxk_" not in answer.text
        assert not await signs_in(api, "alice", "the password of a thief")
        mended = await Visitor(api).send(opened, {"new_password": "a quiet evening at home"})
        assert mended.status_code == 303

    @pytest.mark.parametrize("path", FORMS)
    async def test_wb_04_is_refused_on_every_page(self, api: Api, path: str) -> None:
        """WB-04: before anything of it is read."""
        for headers in FOREIGN:
            answer = await api.call("POST", path, content=b"\xff", headers=headers)
            assert answer.status_code == 403
        assert await api.delivered() == []

    @pytest.mark.parametrize("path", FORMS)
    @pytest.mark.parametrize(
        "media_type", ["application/json", "text/plain", "multipart/form-data"]
    )
    async def test_wb_05_is_a_form_or_nothing(self, api: Api, path: str, media_type: str) -> None:
        answer = await api.call(
            "POST", path, content=b"{}", headers={**OURS, "Content-Type": media_type}
        )

        assert answer.status_code == 415


class TestReflection:
    @pytest.mark.parametrize("polyglot", POLYGLOTS)
    async def test_wb_08_is_inert(self, api: Api, visitor: Visitor, polyglot: str) -> None:
        """WB-08, P99, P100: in the address, in a form, and in what was stored."""
        await api.container.invite_user()(email="carol@example.com")
        invitation = await visitor.open(link_to(await api.mail(), "accept-invitation"))
        shown = [
            await api.call("GET", path, params={"token": polyglot, "what": polyglot})
            for method, path in PAGES
            if method == "GET"
        ]
        typed = {"username": polyglot, "full_name": polyglot, "password": "x"}
        shown.append(await visitor.send(invitation, typed))
        shown.append(
            await visitor.send(
                await visitor.open("/account/forgot-password"), {"email": f"{polyglot}@a.example"}
            )
        )

        for answer in shown:
            scripts = [it for tag, it in tags_in(answer) if tag in {"script", "svg", "b"}]
            assert all(it == {} for it in scripts)
            assert "<script>alert" not in answer.text
            assert "53743561" not in answer.text  # 7331 * 7331
            assert "set-cookie" not in answer.headers
            assert_strict(answer)

    @pytest.mark.parametrize(
        "what",
        [
            *("", "x", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:1"),
            *("email_verified/../x", "email_verified\r\nX: y", "__class__", "EMAIL_VERIFIED"),
        ],
    )
    async def test_wb_07_only_known_words_are_said(self, api: Api, what: str) -> None:
        """WB-07."""
        answer = await api.call("GET", "/account/done", params={"what": what})

        assert answer.status_code == 404
        assert "location" not in answer.headers
        assert "evil" not in answer.text


class TestToken:
    async def test_rc_11_is_in_no_log(
        self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """RC-11: not even in that of requests."""
        async with an_api(access_log=True, public_url="https://testserver") as api:
            caplog.set_level(logging.DEBUG, logger="hexkey")
            opened = await reset_page(api)
            token = form_in(opened).values["token"]
            await Visitor(api).send(opened, {"new_password": "short"})
            await Visitor(api).send(opened, {"new_password": "a quiet evening at home"})
            await Visitor(api).open(f"/account/reset-password?token={token}")

        ours = [it for it in caplog.records if it.name.startswith("hexkey")]
        assert [it for it in ours if getattr(it, "path", "") == "/account/reset-password"]
        assert not [it for it in ours if token in str(it.__dict__)]
        captured = capfd.readouterr()
        assert token not in captured.out + captured.err

    async def test_rc_11_is_only_in_the_hidden_field(self, api: Api) -> None:
        opened = await reset_page(api)

        token = form_in(opened).values["token"]

        assert opened.text.count(token) == 1
        assert token not in str(opened.headers)


class TestPrefix:
    async def test_is_kept_behind_a_proxy(self) -> None:
        """The proxy takes `/auth` off; links, forms and redirects have it."""
        async with an_api(public_url="https://testserver/auth", root_path="/auth") as api:
            await verified(api)
            await ask(api, "/password-resets")
            mail = await api.mail()
            assert link_to(mail, "reset-password").startswith("https://testserver/auth/account/")

            query = f"/account/reset-password?token={token_in(mail)}"
            opened = await api.call("GET", query)
            form = form_in(opened)
            assert form.action == "/auth/account/reset-password"
            data = {**form.values, "new_password": "a quiet evening at home"}
            done = await api.call("POST", "/account/reset-password", data=data, headers=OURS)

            assert done.headers["location"] == "/auth/account/done?what=password_reset"

    async def test_is_kept_where_hexkey_is_mounted(self, api: Api) -> None:
        host = FastAPI()
        host.mount("/auth", api.app)
        transport = httpx2.ASGITransport(app=host)
        async with httpx2.AsyncClient(transport=transport, base_url="https://testserver") as client:
            form = form_in(await client.get("/auth/account/forgot-password"))
            assert form.action == "/auth/account/forgot-password"
            data = {"email": ADDRESS}
            answer = await client.post(form.action, data=data, headers=OURS)

            assert form_in(answer).action == "/auth/account/reset-password"
