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
    report = _report()
    if report is None:
        print("!" * 78)
        print("! NOT AUDITED: no vulnerability service could be reached from here.")
        print("! Run `make audit` where there is a network before you release.")
        print("!" * 78)
        return 0
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, fixed in {flaw['fix_versions']}"
        for package in report["dependencies"]
        for flaw in package.get("vulns", ())
    ]
    print("\n".join(found) or f"{len(report['dependencies'])} packages audited, 0 known flaws")
    return bool(found)


def _report() -> dict[str, Any] | None:
    program = Path(sys.executable).with_name("pip-audit")
    command = [
        program, "--requirement", ROOT / "requirements.lock", "--require-hashes", "--disable-pip",
        "--format", "json", "--progress-spinner", "off", "--timeout", "15",
    ]  # fmt: skip
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
        report: dict[str, Any] = json.loads(run.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return report


if __name__ == "__main__":
    sys.exit(main())
