"""Swagger UI in a real browser: from the package's own files, under its policy, and it works."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import violations
from tests.support.server import Server, running_server

pytestmark = pytest.mark.browser

PASSWORD = "a long walk in the rain"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        account = {"username": "ada", "password": PASSWORD}
        httpx2.post(f"{server.url}/users", json=account).raise_for_status()
        yield server


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The address of every request that the page makes."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    return addresses


def foreign(addresses: list[str], server: Server) -> list[str]:
    return [it for it in addresses if urlsplit(it).scheme != "data" and not is_of(it, server)]


def is_of(address: str, server: Server) -> bool:
    return address == server.url or address.startswith(f"{server.url}/")


def authorize(page: Page, password: str) -> None:
    page.locator(".scheme-container .btn.authorize").click()
    page.locator("#oauth_username").fill("ada")
    page.locator("#oauth_password").fill(password)
    page.locator(".auth-btn-wrapper .btn.authorize").click()


class TestSwaggerUi:
    def test_signs_in_and_shows_the_account(
        self, page: Page, asked: list[str], server: Server
    ) -> None:
        page.goto(f"{server.url}/docs")
        authorize(page, PASSWORD)
        expect(page.locator(".auth-container").get_by_text("Authorized")).to_be_visible()
        page.locator(".auth-btn-wrapper .btn-done").click()

        operation = page.locator('.opblock-get:has([data-path="/users/me"])')
        operation.locator(".opblock-summary-control").first.click()
        operation.locator(".try-out__btn").click()
        operation.locator(".execute").click()

        answer = operation.locator(".live-responses-table .response .highlight-code").first
        expect(answer).to_contain_text('"username": "ada"')
        assert f"{server.url}/token" in asked
        assert foreign(asked, server) == []
        assert violations(page) == []

    def test_says_so_when_the_password_is_wrong(self, page: Page, server: Server) -> None:
        page.goto(f"{server.url}/docs")

        authorize(page, "not the password")

        expect(page.locator(".auth-container .errors").first).to_be_visible()

    def test_may_not_be_framed(self, page: Page, server: Server) -> None:
        page.goto(f"{server.url}/livez")

        response = page.request.get(f"{server.url}/docs")

        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
