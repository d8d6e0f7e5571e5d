"""Check the lock files without a network (SU-01).

    python tools/check_locks.py

Every line is a pin or a hash, no line names an index, what pyproject.toml asks for is there, the
development lock agrees with the run-time lock, and some packages are new enough or absent.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
RUN_TIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
LOCKS = (RUN_TIME, DEVELOPMENT, ROOT / "requirements-uv.lock")

# The versions that closed an algorithm confusion, a request smuggling and a form bomb.
MINIMUM = {"pyjwt": "2.13", "h11": "0.16", "starlette": "0.40"}
# The first mixes up keys (CVE-2024-33663), the second breaks on today's bcrypt.
BANNED = ("python-jose", "passlib")

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<marker> ;[^\\]+)?(?: \\)?")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def problems() -> Iterator[str]:
    """One sentence for everything that is wrong."""
    for lock in LOCKS:
        yield from _malformed(lock)
    run_time, development = pins(RUN_TIME), pins(DEVELOPMENT)
    yield from _missing("run time", _project()["project"]["dependencies"], run_time)
    yield from _missing("development", _group("dev"), development)
    yield from _needed_by_nobody(run_time)
    for name, version in run_time.items():
        if development.get(name) != version:
            yield f"{DEVELOPMENT.name}: {name} must be {version}, as in {RUN_TIME.name}"
    for name, version in MINIMUM.items():
        if name not in run_time or Version(run_time[name]) < Version(version):
            yield f"{RUN_TIME.name}: {name} must be at least {version}"
    yield from (f"{name} must not be used" for name in BANNED if name in development)


def pins(lock: Path) -> Mapping[str, str]:
    """The version of every package in `lock`."""
    found = (_PIN.fullmatch(line) for line in lock.read_text().splitlines())
    return {canonicalize_name(it["name"]): it["version"] for it in found if it}


def hashes(lock: Path) -> Mapping[str, list[str]]:
    """The SHA-256 digests of every package in `lock`."""
    result: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.read_text().splitlines():
        if pin := _PIN.fullmatch(line):
            current = result.setdefault(canonicalize_name(pin["name"]), [])
        elif _HASH.fullmatch(line):
            current.append(line.partition("sha256:")[2][:64])
    return result


def _malformed(lock: Path) -> Iterator[str]:
    for number, line in enumerate(lock.read_text().splitlines(), 1):
        if not _PIN.fullmatch(line) and not _HASH.fullmatch(line):
            yield f"{lock.name}:{number}: neither a pinned version nor a hash"
    yield from (f"{lock.name}: {name} has no hash" for name, it in hashes(lock).items() if not it)


def _missing(where: str, wanted: list[str], locked: Mapping[str, str]) -> Iterator[str]:
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement.name} is not in the {where} lock. Run: make lock"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} is locked at {version} for {where}. Run: make lock"


def _needed_by_nobody(locked: Mapping[str, str]) -> Iterator[str]:
    """What stayed in the run-time lock although whoever needed it has gone."""
    wanted = [*_project()["project"]["dependencies"], *_group("build")]
    for name in locked:
        with suppress(PackageNotFoundError):  # locked for another platform
            wanted += requires(name) or ()
    needed = {canonicalize_name(Requirement(it).name) for it in wanted}
    yield from (f"{name} is needed by nobody. Run: make lock" for name in locked.keys() - needed)


def _group(name: str) -> list[str]:
    group = _project()["dependency-groups"][name]
    own = [entry for entry in group if isinstance(entry, str)]
    included = [entry["include-group"] for entry in group if not isinstance(entry, str)]
    return own + [entry for other in included for entry in _group(other)]


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or f"{len(pins(DEVELOPMENT))} packages locked, all hashed")
    sys.exit(bool(found))
