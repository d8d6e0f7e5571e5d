"""examples/browser_client in a real browser, served by another origin than Hexkey."""

import functools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http import app  # which knows every refusal
from tests.support.server import ROOT, Server, running_server

FOLDER = ROOT / "examples" / "browser_client"
PASSWORD = "a long walk in the rain"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def origin_of(folder: Path) -> Iterator[str]:
    """An origin that serves the files in `folder`."""
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def listed() -> Iterator[str]:
    with origin_of(FOLDER) as origin:
        yield origin


@pytest.fixture(scope="module")
def hexkey(listed: str) -> Iterator[Server]:
    with running_server({"HEXKEY_CORS_ORIGINS": listed}) as server:
        yield server


def run(page: Page, script: str) -> Any:
    """The value of `script`, or the code of the refusal; `hexkey` is a client."""
    return page.evaluate(
        """async (script) => {
            const { Hexkey, Refused } = await import("./hexkey.js");
            const hexkey = new Hexkey(new URLSearchParams(location.search).get("hexkey"));
            const Script = (async () => {}).constructor;
            try { return await new Script("hexkey", script)(hexkey); }
            catch (error) {
                if (!(error instanceof Refused)) throw error;
                return { code: error.code, status: error.status, retryAfter: error.retryAfter };
            }
        }""",
        script,
    )


@pytest.mark.browser
class TestPageOfAListedOrigin:
    """WB-06: an origin on the list."""

    @pytest.fixture(autouse=True)
    def _open(self, page: Page, listed: str, hexkey: Server) -> None:
        page.goto(f"{listed}/index.html?hexkey={hexkey.url}")

    def test_registers_and_signs_in_by_its_form(self, page: Page) -> None:
        page.locator("[name=login]").fill("grace")
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_role("status")).to_have_text("Hello, grace.")

        page.get_by_role("button", name="Register").click()
        expect(page.get_by_role("status")).to_contain_text("username_taken: ")

        page.locator("[name=password]").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("status")).to_contain_text("invalid_credentials: ")

    def test_goes_through_the_life_of_a_token(self, page: Page) -> None:
        told = run(
            page,
            f"""
            await hexkey.register({{ email: "ada@example.com", password: "{PASSWORD}" }});
            await hexkey.signIn("ada@example.com", "{PASSWORD}");
            await hexkey.changeProfile({{ full_name: "Ada Lovelace" }});
            await hexkey.changePassword("{PASSWORD}", "the rain has stopped");
            const account = await hexkey.me();
            const before = hexkey.signedIn;
            hexkey.forget();
            return [before, account.full_name, account.email, hexkey.signedIn];
            """,
        )

        assert told == [True, "Ada Lovelace", "ada@example.com", False]

    def test_learns_the_code_of_a_refusal(self, page: Page) -> None:
        assert run(page, "return await hexkey.me()") == {
            "code": "not_authenticated",
            "status": 401,
            "retryAfter": None,
        }

    def test_learns_how_long_to_wait(self, page: Page) -> None:
        guess = 'await hexkey.signIn("nobody", "guess").catch(() => {});'

        told = run(page, guess * 8 + 'await hexkey.signIn("nobody", "guess")')

        assert told["code"] == "too_many_attempts"
        assert told["retryAfter"] >= 1


@pytest.mark.browser
class TestPageOfAnotherOrigin:
    """WB-06: an origin that is not on the list."""

    def test_reaches_nothing(self, page: Page, hexkey: Server) -> None:
        with origin_of(FOLDER) as origin:
            page.goto(f"{origin}/index.html?hexkey={hexkey.url}")

            assert run(page, "return await hexkey.me()")["code"] == "unreachable"


class TestComponent:
    def test_handles_codes_that_exist(self) -> None:
        assert app
        handled = re.findall(r'case "(\w+)"', (FOLDER / "SignIn.tsx").read_text())

        assert handled
        assert set(handled) <= codes(HexkeyError) | {"unreachable"}


def codes(kind: type[HexkeyError]) -> set[str]:
    own = {kind.code} if hasattr(kind, "code") else set()
    return own.union(*map(codes, kind.__subclasses__()))
