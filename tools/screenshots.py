"""Picture the mails, and the pages of a running server, as a phone shows them.

    python tools/screenshots.py [--server http://127.0.0.1:8000]

Needs a Chromium (Debian's package `chromium`). The pictures stand in docs/images; those of pages
are made anew only with a server, which is asked and told nothing.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 100_000
PHONE = {"width": 375, "height": 720}

# The picture, what it shows, and whether at night.
MAILS = {
    "mail-verify-email.png": ("en/verify_email.html", "light"),
    "mail-reset-password-dark.png": ("en/reset_password.html", "dark"),
    "mail-new-device-de.png": ("de/new_device.html", "light"),
}
PAGES = {
    "page-forgot-password.png": ("forgot-password", "light"),
    "page-forgot-password-dark.png": ("forgot-password", "dark"),
}


def main() -> None:
    """Make the pictures that can be made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", help="where the pages are served")
    server = parser.parse_args().server
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, (file, colors) in mails(Path(folder)).items():
            picture(browser, file.as_uri(), name, colors)
        for name, (page, colors) in PAGES.items() if server else ():
            picture(browser, f"{server.rstrip('/')}/account/{page}", name, colors)


def mails(folder: Path) -> dict[str, tuple[Path, str]]:
    """Previews of the mails, written to `folder`."""
    program = Path(sys.executable).with_name("hexkey")
    subprocess.run([program, "mail", "preview", folder, "--json"], check=True, capture_output=True)
    return {name: (folder / file, colors) for name, (file, colors) in MAILS.items()}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, and without a sandbox because that refuses to run as root."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        sys.exit("There is no Chromium: install Debian's package `chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def picture(browser: Browser, url: str, name: str, colors: str) -> None:
    """Write docs/images/`name`."""
    context = browser.new_context(
        viewport=PHONE,
        device_scale_factor=1.25,
        color_scheme="dark" if colors == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url)
    IMAGES.mkdir(parents=True, exist_ok=True)
    size = len(page.screenshot(path=IMAGES / name, full_page=True))
    context.close()
    print(f"{name}: {size / 1000:.0f} kB")
    if size > MOST_BYTES:
        sys.exit(f"{name} is larger than {MOST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main()
