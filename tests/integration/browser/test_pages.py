"""The pages for mailed links in a real browser: on a phone, without scripts, and under attack."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from tests.support.browser import another_browser, violations
from tests.support.http_client import PASSWORD, Client, client_of, operate
from tests.support.mail_folder import link_mailed
from tests.support.server import Server, free_port, run_program, running_server

pytestmark = pytest.mark.browser

NEW_PASSWORD = "an even longer walk in the rain"
POLYGLOTS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></title></textarea></script><svg/onload=alert(1)>",
    "javascript:alert(1)//'-alert(1)-'{{constructor.constructor('alert(1)')()}}",
)
WITHOUT_TOKEN = ("forgot-password", "ask-verification", "reset-password", "done?what=email_changed")


@dataclass
class Journal:
    """What a tab has asked for, and what it has shown or complained about."""

    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def foreign(self, server: Server) -> list[str]:
        """Addresses that are not the server's."""
        ours = urlsplit(server.url).netloc
        parts = [urlsplit(it.url) for it in self.requests]
        return [it.geturl() for it in parts if it.scheme != "data" and it.netloc != ours]

    def referrers(self) -> set[str]:
        return {it.all_headers().get("referer", "") for it in self.requests}


def watched(page: Page) -> Journal:
    journal = Journal()

    def dismiss(dialog: Dialog) -> None:
        journal.dialogs.append(dialog.message)
        dialog.dismiss()

    def note(request: Request) -> None:
        journal.requests.append(request)

    page.on("request", note)
    page.on("dialog", dismiss)
    page.on("console", lambda it: journal.complaints.append(it.text))
    return journal


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("pages")
    with running_server({"HEXKEY_MAIL_DIR": str(folder / "mails")}, folder=folder) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with client_of(server) as client:
        yield client


def account(server: Server, name: str) -> str:
    """The address of a new account that has not been written to yet."""
    address = f"{name}@example.com"
    options = ("users", "create", "--username", name, "--email", address)
    env = {"HEXKEY_PUBLIC_URL": server.url}
    done = run_program(*options, folder=server.folder, env=env, stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    return address


def reset_link(server: Server, client: Client, name: str) -> str:
    """A usable link to choose a new password."""
    address = account(server, name)
    assert client.post("/password-resets", json={"email": address}).status_code == 202
    return link_mailed(server.folder / "mails", to=address, page="reset-password", ask=client)


def invitation(server: Server, client: Client, address: str) -> str:
    operate(server, "users", "invite", address)
    return link_mailed(server.folder / "mails", to=address, page="accept-invitation", ask=client)


def scrolls_sideways(page: Page) -> bool:
    found: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return found


class TestReset:
    def test_rc_11_works_without_scripts_and_tells_nobody(
        self, chromium: Browser, server: Server, client: Client
    ) -> None:
        """RC-11, WB-03: from asking for the mail to the new password, with JavaScript off."""
        address = account(server, "ada")
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        journal = watched(page)

        page.goto(f"{server.url}/account/forgot-password")
        page.get_by_label("E-mail address").fill(address)
        page.get_by_role("button", name="Mail me a link").click()
        expect(page.get_by_role("heading")).to_have_text("Look into your mail")
        folder = server.folder / "mails"
        page.goto(link_mailed(folder, to=address, page="reset-password", ask=client))
        expect(page.get_by_role("button", name="Show")).not_to_be_visible()
        page.get_by_label("New password").fill("short")
        page.get_by_role("button", name="Set the new password").click()
        expect(page.get_by_role("alert")).to_have_text("The password is too short.")
        page.get_by_label("New password").fill(NEW_PASSWORD)
        page.get_by_role("button", name="Set the new password").click()
        expect(page.get_by_role("heading")).to_have_text("You have a new password")

        assert page.url == f"{server.url}/account/done?what=password_reset"
        assert context.cookies() == []
        assert journal.foreign(server) == []
        assert journal.referrers() == {""}
        sent = [it.all_headers() for it in journal.requests if it.method == "POST"]
        assert {(it["origin"], it["sec-fetch-site"]) for it in sent} == {("null", "same-origin")}
        assert [it for it in journal.complaints if "422" not in it] == []
        assert client.sign_in("ada", NEW_PASSWORD).is_success
        context.close()

    def test_pw_15_shows_the_password_and_breaks_no_policy(
        self, page: Page, server: Server, client: Client
    ) -> None:
        """PW-15, WB-03: zero violations with scripts on; what is pasted, is taken."""
        page.goto(reset_link(server, client, "bea"))
        password = page.get_by_label("New password")

        password.focus()
        page.keyboard.insert_text(NEW_PASSWORD)  # as pasting does
        page.get_by_role("button", name="Show").click()
        expect(password).to_have_attribute("type", "text")
        expect(password).to_have_value(NEW_PASSWORD)
        page.get_by_role("button", name="Hide").click()
        expect(password).to_have_attribute("type", "password")
        assert violations(page) == []
        password.press("Enter")

        expect(page.get_by_role("heading")).to_have_text("You have a new password")
        assert violations(page) == []

    def test_works_where_there_is_no_tls(self, chromium: Browser) -> None:
        """A name that no browser trusts: then only the origin can say whose form it is."""
        port = free_port()
        env = {"HEXKEY_PUBLIC_URL": f"http://auth.lan:{port}", "HEXKEY_WORKER": "false"}
        rules = f"--host-resolver-rules=MAP auth.lan 127.0.0.1:{port}"
        program = another_browser(chromium, rules)
        with running_server(env, port=port):
            page = program.new_page()
            journal = watched(page)
            page.goto(f"http://auth.lan:{port}/account/forgot-password")
            page.get_by_label("E-mail address").fill("ada@example.com")
            page.get_by_role("button", name="Mail me a link").click()

            expect(page.get_by_role("heading")).to_have_text("Look into your mail")
            (sent,) = [it.all_headers() for it in journal.requests if it.method == "POST"]
            assert "sec-fetch-site" not in sent
        program.close()


class TestAttack:
    def test_wb_03_may_not_be_framed(self, page: Page, server: Server) -> None:
        """WB-03: an embed fails, also from the same origin."""
        page.goto(f"{server.url}/livez")

        page.set_content(f'<iframe src="{server.url}/account/forgot-password"></iframe>')
        frame = page.frames[1]
        frame.wait_for_load_state()

        assert frame.get_by_role("heading").count() == 0

    def test_wb_04_cannot_send_a_form_from_elsewhere(self, page: Page, server: Server) -> None:
        """WB-04: 403 by what the browser itself says."""
        form = f"""<form method="post" action="{server.url}/account/forgot-password">
            <input name="email" value="ada@example.com"><button>Win</button></form>"""
        page.route(
            "http://evil.example/", lambda it: it.fulfill(body=form, content_type="text/html")
        )
        page.goto("http://evil.example/")

        with page.expect_response(f"{server.url}/account/forgot-password") as answered:
            page.get_by_role("button").click()

        assert answered.value.status == 403

    def test_wb_08_cannot_run_anything(self, page: Page, server: Server, client: Client) -> None:
        """WB-08, P99, P100: in addresses and in forms, on every page."""
        journal = watched(page)
        link = invitation(server, client, "guest@example.com")
        for polyglot in POLYGLOTS:
            for place in ("done?what=", "reset-password?token=", "verify-email?token="):
                page.goto(f"{server.url}/account/{place}{quote(polyglot)}")
            page.goto(link)
            page.get_by_label("User name").fill(polyglot)
            page.get_by_label("Full name").fill(polyglot)
            page.get_by_label("Password").fill("short")
            page.get_by_role("button", name="Begin my account").click()
            expect(page.get_by_role("alert")).to_be_visible()
            expect(page.get_by_label("Full name")).to_have_value(polyglot)
            page.get_by_label("Full name").hover()

        assert journal.dialogs == []
        assert violations(page) == []
        assert journal.foreign(server) == []


class TestPhone:
    @pytest.mark.parametrize("width", [320, 390])
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_needs_no_scrolling_sideways(
        self, chromium: Browser, server: Server, client: Client, language: str, width: int
    ) -> None:
        """WCAG 2.2 §1.4.10: also with a long address, and with letters twice as large."""
        context = chromium.new_context(viewport={"width": width, "height": 640}, locale=language)
        page = context.new_page()
        guest = f"{'a-very-long-name-' * 3}{language}{width}@{'long-host.' * 4}example.com"
        places = [f"{server.url}/account/{it}" for it in WITHOUT_TOKEN]
        for place in (*places, invitation(server, client, guest)):
            page.goto(place)
            expect(page.locator("html")).to_have_attribute("lang", language)
            assert not scrolls_sideways(page), place
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert not scrolls_sideways(page), f"{place} in large letters"
            targets = page.locator("button:visible, input:visible:not([aria-hidden])")
            for number in range(targets.count()):
                box = targets.nth(number).bounding_box()
                assert box is not None
                assert box["height"] >= 44  # px, for a thumb
        context.close()
