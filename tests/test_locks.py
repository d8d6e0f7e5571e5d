"""SU-01: dependencies are pinned, hashed, recent enough, and listed."""

import re
from pathlib import Path

import pytest

from tools import check_locks, sbom

PIN = "example==1.0 \\\n"
HASH = f"    --hash=sha256:{'0' * 64}\n"


class TestLockFiles:
    def test_hold_every_rule(self) -> None:
        assert list(check_locks.problems()) == []

    @pytest.mark.parametrize("lock", check_locks.LOCKS, ids=lambda it: it.name)
    def test_name_no_index_and_no_host(self, lock: Path) -> None:
        assert re.findall(r"https?:|://|^\s*--(?!hash=)|@", lock.read_text(), re.MULTILINE) == []

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            (PIN.replace("==", ">=") + HASH, ":1: neither"),
            (PIN, "example has no hash"),
            ("--index-url elsewhere\n" + PIN + HASH, ":1: neither"),
            (PIN + HASH + "example @ https://elsewhere/example.whl\n", ":3: neither"),
        ],
    )
    def test_are_refused_when_they_are_not_whole(
        self, wrong: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lock = tmp_path / "wrong.lock"
        lock.write_text(wrong)
        monkeypatch.setattr(check_locks, "LOCKS", (lock,))

        assert problem in "\n".join(check_locks.problems())

    @pytest.mark.parametrize(
        ("package", "version", "problem"),
        [
            ("pyjwt", "2.12.9", "pyjwt must be at least 2.13"),
            ("h11", "0.15", "h11 must be at least 0.16"),
            ("starlette", "0.39.2", "starlette must be at least 0.40"),
            ("zxcvbn", "4.5.0", "zxcvbn is needed by nobody"),
            ("passlib", "1.7.4", "passlib must not be used"),
            ("python-jose", "3.5.0", "python-jose must not be used"),
        ],
    )
    def test_are_refused_with_a_dangerous_or_needless_package(
        self,
        package: str,
        version: str,
        problem: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        text = re.sub(
            rf"^{package}==\S+ .*\n", "", check_locks.RUN_TIME.read_text(), flags=re.MULTILINE
        )
        lock = tmp_path / "dangerous.lock"
        lock.write_text(f"{package}=={version} \\\n{HASH}{text}")
        monkeypatch.setattr(check_locks, "RUN_TIME", lock)
        monkeypatch.setattr(check_locks, "DEVELOPMENT", lock)

        assert problem in "\n".join(check_locks.problems())


class TestBillOfMaterials:
    def test_lists_every_package_of_a_running_service(self) -> None:
        bill = sbom.document()

        listed = {it["name"]: it["version"] for it in bill["components"]}
        assert listed == check_locks.pins(check_locks.RUN_TIME)
        assert bill["specVersion"] == "1.6"
        assert all(it["properties"] for it in bill["components"])
