"""What is published: a source archive, the wheel built from it, and the program in it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import hexkey
from hexkey.application.outbox.letters import LETTERS
from tests.support.server import ROOT, environment

LICENSES = f"hexkey-{hexkey.__version__}.dist-info/licenses"
ENTRY = "from hexkey.entrypoints.cli.main import main; main()"


def run(*command: str | Path, folder: Path, path: Path | None = None) -> str:
    """What a command prints that must succeed."""
    env = environment(folder, {"PYTHONPATH": str(path or "")})
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source archive, and the wheel that was built from it; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(*build, folder=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it, far from the checkout."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--no-index", "--no-deps", "--target", target, wheel, folder=target)
    return target


class TestWheel:
    @pytest.mark.parametrize(
        "file",
        [
            "hexkey/py.typed",
            "hexkey/domain/accounts/user.py",
            "hexkey/application/ports/passwords.py",
            "hexkey/adapters/sql/migrations/env.py",
            "hexkey/adapters/sql/migrations/versions/0001_initial.py",
            "hexkey/adapters/mail/templates/layout.html",
            "hexkey/adapters/mail/templates/de/verify_email.txt",
            "hexkey/adapters/wordlist/common_passwords.bin",
            "hexkey/entrypoints/http/pages/templates/layout.html",
            "hexkey/entrypoints/http/pages/templates/page.css",
            "hexkey/entrypoints/http/pages/words/de.toml",
            "hexkey/entrypoints/http/static/docs.html",
            "hexkey/entrypoints/http/static/swagger-ui-bundle.js",
            f"{LICENSES}/LICENSE",
            f"{LICENSES}/src/entrypoints/http/static/LICENSE-swagger-ui",
        ],
    )
    def test_holds(self, wheel: Path, file: str) -> None:
        assert file in zipfile.ZipFile(wheel).namelist()

    def test_holds_the_package_and_nothing_else(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()

        assert {it.split("/")[0].partition("-")[0] for it in names} == {"hexkey"}
        assert [it for it in names if "test" in it or it.endswith((".pyc", ".db"))] == []

    def test_holds_every_file_of_the_sources(self, wheel: Path) -> None:
        ours = [it for it in (ROOT / "src").rglob("*") if it.is_file() and it.suffix != ".pyc"]
        expected = {f"hexkey/{it.relative_to(ROOT / 'src').as_posix()}" for it in ours}

        assert expected - set(zipfile.ZipFile(wheel).namelist()) == set()

    def test_comes_from_an_archive_that_holds_the_tests(self, dist: Path) -> None:
        (archive,) = dist.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            names = opened.getnames()

        assert f"hexkey-{hexkey.__version__}/LICENSE" in names
        assert f"hexkey-{hexkey.__version__}/tests/conftest.py" in names


class TestInstalledProgram:
    def test_tells_its_version(self, installed: Path, tmp_path: Path) -> None:
        told = run(sys.executable, "-c", ENTRY, "version", folder=tmp_path, path=installed)

        assert hexkey.__version__ in told

    def test_is_not_the_checkout(self, installed: Path, tmp_path: Path) -> None:
        where = "import hexkey; print(hexkey.__file__)"

        told = run(sys.executable, "-P", "-c", where, folder=tmp_path, path=installed)

        assert Path(told.strip()).is_relative_to(installed)

    def test_makes_its_own_database(self, installed: Path, tmp_path: Path) -> None:
        run(sys.executable, "-c", ENTRY, "migrate", folder=tmp_path, path=installed)

        assert (tmp_path / "data" / "hexkey.db").exists()

    def test_brings_its_templates_of_mails(self, installed: Path, tmp_path: Path) -> None:
        run(sys.executable, "-c", ENTRY, "mail", "preview", "m", folder=tmp_path, path=installed)

        assert len(list((tmp_path / "m" / "de").glob("*.html"))) == len(LETTERS)

    def test_is_named_by_the_metadata(self, installed: Path) -> None:
        (metadata,) = installed.glob("*.dist-info")

        assert (
            "hexkey = hexkey.entrypoints.cli.main:main"
            in (metadata / "entry_points.txt").read_text()
        )
