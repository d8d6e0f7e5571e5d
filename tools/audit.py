"""Ask for known vulnerabilities of the locked packages (SU-01).

    python tools/audit.py

`pip-audit` needs a service on the network. Where that cannot be reached the question stays open:
this says so loudly, and the checks go on; the rules that need no network are in check_locks.py.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT = 120  # seconds


def main() -> int:
    """The exit status: 1 if a locked package is known to be vulnerable."""
    packages = _audited()
    if (unknown := [it["name"] for it in packages if "vulns" not in it]) or not packages:
        _complain(unknown)
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, fixed in {flaw['fix_versions']}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    print(
        "\n".join([*flaws, f"{len(packages) - len(unknown)} packages audited, {len(flaws)} flaws"])
    )
    return bool(flaws)


def _complain(unknown: list[str]) -> None:
    print("!" * 78)
    print("! NOT AUDITED: the vulnerability service cannot be reached from here, or does not know")
    print(
        f"! {len(unknown) or 'any'} of the packages. Run `make audit` elsewhere before you release."
    )
    print("!" * 78)


def _audited() -> list[dict[str, Any]]:
    """What the service says of each package; `vulns` is missing where it says nothing."""
    program = Path(sys.executable).with_name("pip-audit")
    command = [
        program, "--requirement", ROOT / "requirements.lock", "--require-hashes", "--disable-pip",
        "--format", "json", "--progress-spinner", "off", "--timeout", "15",
    ]  # fmt: skip
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
        packages: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return []
    return packages


if __name__ == "__main__":
    sys.exit(main())
