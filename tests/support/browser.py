"""A headless Chromium, where one is installed."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NO_CHROMIUM = "no Chromium: install Debian's package `chromium`"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because it refuses to run as root; the rest keeps the browser from calling home.
_OPTIONS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


# Not for the whole session: while it lives, no other event loop can run in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, or a skipped test that is told about at the end of the run."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip(_NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield browser
        browser.close()


def another_browser(browser: Browser, *options: str) -> Browser:
    """One more of the same kind, with `options` of its own; whoever asks closes it."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    return browser.browser_type.launch(executable_path=program, args=[*_OPTIONS, *options])


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab that shares nothing with others and remembers violations of its policy."""
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.add_init_script(_LISTEN)
    yield page
    context.close()


def violations(page: Page) -> list[str]:
    """What the content security policy of the page has blocked so far."""
    found: list[str] = page.evaluate("window.violations")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if _NO_CHROMIUM in str(report.longrepr)]
    if missing:
        terminalreporter.write_sep("!", "NO BROWSER WAS TESTED", red=True, bold=True)
        terminalreporter.write_line(f"{len(missing)} tests were skipped: {_NO_CHROMIUM}", red=True)
