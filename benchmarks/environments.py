"""The peers' own environments, built once with `venv` and pip from pinned requirements."""

import hashlib
import os
import sys
from pathlib import Path

from benchmarks.processes import finish, plain_environment, say

HERE = Path(__file__).parent
INSTALLING_SECONDS = 900


def environment(peer: str) -> Path:
    """The bin directory of the peer's environment, which is rebuilt when its pins change."""
    requirements = HERE / "peers" / peer / "requirements.txt"
    home = HERE / f".env-{peer}"
    wanted = f"{sys.version}\n{hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    stamp = home / "built-for"
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"building the environment of {peer} …")
        _build(home, requirements)
        stamp.write_text(wanted)
    return home / "bin"


def _build(home: Path, requirements: Path) -> None:
    finish([sys.executable, "-m", "venv", "--clear", str(home)], seconds=INSTALLING_SECONDS)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    finish(
        [*pip, "--quiet", "--no-deps", "--requirement", str(requirements)],
        seconds=INSTALLING_SECONDS,
        env=plain_environment(**_pip_settings()),
    )


def _pip_settings() -> dict[str, str]:
    """Where packages come from is the machine's affair; nothing here names a place."""
    wanted = ("PIP_", "SSL_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    return {name: value for name, value in os.environ.items() if name.startswith(wanted)}


def versions(peer: str) -> dict[str, str]:
    """What is pinned for a peer: package to version."""
    lines = (HERE / "peers" / peer / "requirements.txt").read_text().splitlines()
    pins = (line.partition("==") for line in lines if "==" in line)
    return {name: version for name, _, version in pins}
