"""Every mailed link, opened and used on its page."""

import pytest

from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from tests.support.api import PASSWORD, Api, an_api
from tests.support.mails import code_in, link_to, token_in
from tests.support.recovering import ADDRESS, NEW_PASSWORD, ask, signs_in, verified, with_address
from tests.support.visiting import OURS, Visitor, form_in

pytestmark = pytest.mark.anyio


async def link(api: Api, page: str) -> str:
    """A usable link to `page`, whatever has to happen for that."""
    if page in {"verify-email", "disown-email"}:
        await api.register("alice", email=ADDRESS)
        return link_to(await api.mail(), page)
    if page == "accept-invitation":
        await api.container.invite_user()(email="carol@example.com")
        return link_to(await api.mail(), page)
    await verified(api)
    if page == "reset-password":
        await ask(api, "/password-resets")
    elif page == "restore-account":
        await api.call("DELETE", "/users/me", headers=await api.sign_in())
    else:
        await ask(api, "/users/me/email", "new@example.com", headers=await api.sign_in())
    if page == "undo-email-change":
        body = {"token": token_in(await api.mail())}
        await api.call("POST", "/email-changes/confirm", json=body)
        (mail,) = [it for it in await api.delivered() if it.to == ADDRESS]
        return link_to(mail, page)
    return link_to(await api.mail(), page)


TYPED = {
    "reset-password": {"new_password": NEW_PASSWORD},
    "accept-invitation": {"username": "carol", "password": PASSWORD},
}
PAGES = {
    "verify-email": "Your address is confirmed",
    "disown-email": "Your address was taken off",
    "reset-password": "You have a new password",
    "change-email": "Your address was changed",
    "undo-email-change": "You have your old address back",
    "restore-account": "Your account stays",
    "accept-invitation": "Welcome",
}


async def state(api: Api) -> list[object]:
    """All that could have changed."""
    people = await api.container.users().page(after=None, limit=50)
    sessions = [await api.container.list_sessions()(user=user.id) for user in people.users]
    return [people.users, sessions]


@pytest.mark.parametrize("page", PAGES)
class TestLink:
    async def test_rc_09_changes_nothing_before_the_button_is_pressed(
        self, api: Api, visitor: Visitor, page: str
    ) -> None:
        """RC-09, WB-09: three looks by a scanner, also with HEAD, and then it works."""
        address = await link(api, page)
        before = await state(api)
        for _ in range(3):
            assert (await visitor.open(address)).status_code == 200
        for method in ("HEAD", "OPTIONS", "PUT"):
            answer = await api.call(method, address.partition("testserver")[2])
            assert answer.status_code == 405
        assert await state(api) == before

        done = await visitor.send(await visitor.open(address), TYPED.get(page))

        assert done.status_code == 303
        assert await state(api) != before
        assert await api.delivered() is not None

    async def test_wb_11_leads_on_by_get_to_what_was_done(
        self, api: Api, visitor: Visitor, page: str
    ) -> None:
        """WB-11, WB-07: 303, to a place of ours that holds no secret."""
        address = await link(api, page)

        answer = await visitor.send(await visitor.open(address), TYPED.get(page))

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/done?what=")
        assert "set-cookie" not in answer.headers
        done = await visitor.follow(answer)
        assert done.status_code == 200
        assert PAGES[page] in done.text
        assert "hxk_" not in done.text + answer.text + answer.headers["location"]

    async def test_rc_02_works_once(self, api: Api, visitor: Visitor, page: str) -> None:
        """RC-02: then it says so, without a secret, and leads to a new one where there is one."""
        address = await link(api, page)
        opened = await visitor.open(address)
        assert (await visitor.send(opened, TYPED.get(page))).status_code == 303

        for answer in (await visitor.open(address), await visitor.send(opened, TYPED.get(page))):
            assert answer.status_code == 400
            assert "This link does not work any more" in answer.text
            assert "hxk_" not in answer.text
            asks_again = "/account/forgot-password" in answer.text
            assert asks_again == (page == "reset-password")

    async def test_speaks_german(self, api: Api, visitor: Visitor, page: str) -> None:
        german = {"Accept-Language": "de-CH, en;q=0.5"}

        shown = await visitor.open(await link(api, page), headers=german)
        nothing = await visitor.open(f"/account/{page}", headers=german)

        assert '<html lang="de">' in shown.text
        assert shown.headers["content-language"] == "de"
        assert "Dieser Link gilt nicht mehr" in nothing.text

    async def test_rc_08_is_built_from_the_public_url(self, api: Api, page: str) -> None:
        """RC-08."""
        assert (await link(api, page)).startswith(
            f"https://testserver/account/{page}?token=hxk_ot_"
        )


class TestPassword:
    async def test_may_be_mended_when_it_is_refused(self, api: Api, visitor: Visitor) -> None:
        """The token still works, and what was typed does not come back."""
        opened = await visitor.open(await link(api, "reset-password"))

        again = await visitor.send(opened, {"new_password": "qzx"})

        assert again.status_code == 422
        assert "The password is too short." in again.text
        assert "qzx" not in again.text
        assert (await visitor.send(again, {"new_password": NEW_PASSWORD})).status_code == 303
        assert await signs_in(api, "alice", NEW_PASSWORD)

    async def test_may_be_reset_by_the_code_where_it_was_asked_for(
        self, api: Api, visitor: Visitor
    ) -> None:
        """RC-14: the page keeps the flow, and a wrong code may be mended."""
        await verified(api)
        asked = await visitor.send(
            await visitor.open("/account/forgot-password"), {"email": ADDRESS}
        )
        assert asked.status_code == 202
        code = code_in(await api.mail())
        assert code not in asked.text

        wrong = {"code": "000000" if code != "000000" else "1", "new_password": NEW_PASSWORD}
        again = await visitor.send(asked, wrong)
        assert again.status_code == 400
        typed = {"code": f"{code[:3]} {code[3:]}", "new_password": NEW_PASSWORD}
        assert (await visitor.send(again, typed)).status_code == 303
        assert await signs_in(api, "alice", NEW_PASSWORD)

    async def test_en_03_is_asked_for_alike(self, api: Api, visitor: Visitor) -> None:
        """EN-03: the page for an address that is not there is the same."""
        await verified(api)
        form = await visitor.open("/account/forgot-password")
        bodies = []
        for email in (ADDRESS, "nobody@example.com"):
            answer = await visitor.send(form, {"email": email})
            assert answer.status_code == 202
            flow = form_in(answer).values["flow"]
            bodies.append(answer.text.replace(flow, "").replace(email, ""))

        assert bodies[0] == bodies[1]
        assert len(await api.delivered()) == 1

    async def test_is_no_address_says_the_page(self, visitor: Visitor) -> None:
        answer = await visitor.send(await visitor.open("/account/forgot-password"), {"email": "x"})

        assert answer.status_code == 422
        assert "This is not an e-mail address." in answer.text


class TestVerification:
    async def test_may_be_asked_for_again(self, api: Api, visitor: Visitor) -> None:
        await with_address(api)
        expired = await visitor.open("/account/verify-email?token=hxk_ot_x")
        assert "/account/ask-verification" in expired.text
        form = await visitor.open("/account/ask-verification")
        asked = await visitor.send(form, {"email": ADDRESS})
        assert asked.status_code == 202

        done = await visitor.send(asked, {"code": code_in(await api.mail())})

        assert "Your address is confirmed" in (await visitor.follow(done)).text
        assert (await api.me(await api.sign_in())).json()["email_verified"] is True

    async def test_offers_to_say_no(self, api: Api, visitor: Visitor) -> None:
        """RC-13: by the same token, on a page of its own, and without it in an address of ours."""
        opened = await visitor.open(await link(api, "verify-email"))

        (button,) = [it for it in form_in(opened).buttons if it.get("formaction")]

        assert (button["formaction"], button["formmethod"]) == ("/account/disown-email", "get")

    async def test_begins_an_account_that_waits(self) -> None:
        async with an_api(registration="verified", public_url="https://testserver") as api:
            visitor = Visitor(api)
            body = {"username": "alice", "email": ADDRESS, "password": PASSWORD}
            await api.call("POST", "/users", json=body)

            opened = await visitor.open(link_to(await api.mail(), "verify-email"))

            assert "disown-email" not in opened.text
            assert (await visitor.send(opened)).status_code == 303
            assert await signs_in(api, "alice", PASSWORD)

    async def test_says_that_the_name_was_taken_meanwhile(self) -> None:
        async with an_api(registration="verified", public_url="https://testserver") as api:
            body = {"username": "alice", "email": ADDRESS, "password": PASSWORD}
            await api.call("POST", "/users", json=body)
            opened = await Visitor(api).open(link_to(await api.mail(), "verify-email"))
            await api.container.register_user().by_operator(username="alice", password=PASSWORD)

            answer = await Visitor(api).send(opened)

            assert answer.status_code == 409
            assert "This user name is taken." in answer.text


class TestInvitation:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"password": "short"}, "The password is too short."),
            ({"username": "a b"}, "This cannot be a user name."),
            ({"full_name": "x" * 300}, "This name cannot be used."),
            ({"username": "taken"}, "This user name is taken."),
        ],
    )
    async def test_keeps_what_was_typed(
        self, api: Api, visitor: Visitor, typed: dict[str, str], said: str
    ) -> None:
        await api.register("taken")
        opened = await visitor.open(await link(api, "accept-invitation"))
        good = {"username": "carol", "full_name": "Carol", "password": PASSWORD}

        again = await visitor.send(opened, {**good, **typed})

        assert again.status_code in {409, 422}
        assert said in again.text
        shown = form_in(again).values
        assert shown["full_name"] == {**good, **typed}["full_name"]
        assert shown["password"] == ""
        assert (await visitor.send(again, good)).status_code == 303

    async def test_needs_no_user_name_unless_the_service_does(self, api: Api) -> None:
        opened = await Visitor(api).open(await link(api, "accept-invitation"))
        assert "required" not in form_in(opened).fields["username"]
        assert (await Visitor(api).send(opened, {"password": PASSWORD})).status_code == 303
        async with an_api(username_required=True) as strict:
            opened = await Visitor(strict).open(await link(strict, "accept-invitation"))
            assert "required" in form_in(opened).fields["username"]


class TestTrouble:
    async def test_is_told_on_a_page_with_the_time_to_wait(
        self, api: Api, visitor: Visitor
    ) -> None:
        opened = await visitor.open(await link(api, "reset-password"))
        api.hasher.room = 0

        answer = await visitor.send(opened, TYPED["reset-password"])

        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["content-type"].startswith("text/html")
        assert InvalidOrExpiredToken.message not in answer.text
        api.hasher.room = None
        assert (await visitor.send(opened, TYPED["reset-password"])).status_code == 303

    @pytest.mark.parametrize("page", ["verify-email", "reset-password"])
    async def test_of_an_empty_form_is_told(self, api: Api, page: str) -> None:
        """RC-04: nothing is proved by nothing."""
        data = {"new_password": NEW_PASSWORD}

        answer = await api.call("POST", f"/account/{page}", data=data, headers=OURS)

        assert answer.status_code == 400
        assert "This link does not work any more" in answer.text


class TestLanguage:
    @pytest.mark.parametrize(
        ("header", "language"),
        [(None, "de"), ("fr", "de"), ("en", "en"), ("en-GB, de;q=0.9", "en"), ("x" * 9000, "de")],
    )
    async def test_is_the_browsers_or_else_the_services(
        self, header: str | None, language: str
    ) -> None:
        async with an_api(language="de") as api:
            headers = {} if header is None else {"Accept-Language": header}

            answer = await api.call("GET", "/account/forgot-password", headers=headers)

            assert answer.headers["content-language"] == language
