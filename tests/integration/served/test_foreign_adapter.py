"""The example of a foreign adapter, installed and at work."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.served.test_serve import call
from tests.support.server import ROOT, run_program, running_server

EXAMPLE = ROOT / "examples" / "foreign_adapter"
PASSWORD = "a long walk in the rain"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the example as a package installer leaves it, metadata included."""
    source = tmp_path_factory.mktemp("source") / "foreign_adapter"
    shutil.copytree(EXAMPLE, source)
    target = tmp_path_factory.mktemp("site-packages")
    build = (
        "import os, sys; from hatchling.build import build_wheel; "
        "os.chdir(sys.argv[1]); print(build_wheel(sys.argv[2]))"
    )
    wheels = tmp_path_factory.mktemp("wheels")
    built = subprocess.run(
        [sys.executable, "-c", build, str(source), str(wheels)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    # A wheel without scripts is installed by unpacking it (PEP 427).
    shutil.unpack_archive(wheels / built.stdout.split()[-1], target, "zip")
    return target


@pytest.fixture(scope="module")
def chosen(installed: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)]),
        "HEXKEY_PASSWORD_HASHER": "scrypt",
        "HEXKEY_ADAPTERS": "common_passwords=company",
    }


def stored_hash(folder: Path, username: str) -> str:
    connection = sqlite3.connect(folder / "data" / "hexkey.db")
    try:
        row = connection.execute(
            "SELECT password_hash FROM users WHERE username_key = ?", [username]
        ).fetchone()
    finally:
        connection.close()
    return str(row[0])


class TestForeignAdapter:
    def test_takes_over_a_deployment(self, chosen: dict[str, str], tmp_path: Path) -> None:
        """PW-10: old hashes are verified, and replaced at the next sign-in."""
        with running_server(folder=tmp_path) as server:
            assert call(server, "POST", "/users", {"username": "old", "password": PASSWORD})[0]
        assert stored_hash(tmp_path, "old").startswith("$bcrypt-sha256$")

        with running_server(chosen, folder=tmp_path) as server:
            new = {"username": "new", "password": PASSWORD}
            assert call(server, "POST", "/users", new)[0] == 201
            for login in ("new", "old", "old"):
                credentials = {"login": login, "password": PASSWORD}
                assert call(server, "POST", "/sessions", credentials)[0] == 201
            wrong = {"login": "new", "password": "a long walk in the sun"}
            assert call(server, "POST", "/sessions", wrong)[0] == 401
            ours = {"username": "wile", "password": "Acme Rocket Skates"}
            status, problem = call(server, "POST", "/users", ours)
            assert (status, problem["code"]) == (422, "password_common")

        for username in ("old", "new"):
            assert stored_hash(tmp_path, username).startswith("$scrypt$ln=15,r=8,p=3$")

    def test_serves_the_program_too(self, chosen: dict[str, str], tmp_path: Path) -> None:
        result = run_program(
            *("users", "create", "--username", "ada"),
            folder=tmp_path, env=chosen, stdin="roadrunner\n",
        )  # fmt: skip

        assert result.returncode == 1
        assert "(password_common)" in result.stderr

    def test_that_is_not_installed_stops_the_start(self, tmp_path: Path) -> None:
        result = run_program("serve", folder=tmp_path, env={"HEXKEY_PASSWORD_HASHER": "scrypt"})

        assert result.returncode == 1
        assert "password_hasher.scrypt" in result.stderr

    def test_keeps_every_promise_of_its_port(self, chosen: dict[str, str], tmp_path: Path) -> None:
        """As the guide tells: the contract suites over the example's adapters."""
        result = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "--import-mode=importlib"),
                *("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(EXAMPLE)),
                str(EXAMPLE / "contracts"),
            ],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": chosen["PYTHONPATH"]},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert result.returncode == 0, result.stdout
