"""CR-05: a new master secret while everything runs, on the embedded default and with two nodes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from hexkey.domain.identifiers import SessionId
from hexkey.domain.keys import UnusableKey
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected
from hexkey.entrypoints.cli.main import app
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.settings import Settings
from tests.support.issuing import some_claims

OLD, NEW = "the-old-master-secret-0123456789abcdef", "the-new-master-secret-0123456789abcdef"
SESSION = SessionId("00000000-0000-7000-8000-000000000003")
MADE_BY_US = {"issuer": "http://127.0.0.1:8000", "audience": "http://127.0.0.1:8000"}


@asynccontextmanager
async def a_node(url: str, secret: str, previous: str | None = None) -> AsyncIterator[Container]:
    """An instance that has been started."""
    settings = Settings(
        database_url=SecretStr(url),
        master_secret=SecretStr(secret),
        master_secret_previous=SecretStr(previous) if previous else None,
    )
    container = build_container(settings)
    try:
        await container.storage().open()
        await container.ensure_signing_key()()
        yield container
    finally:
        await container.storage().close()
        container.hashing_pool().close()


@pytest.mark.anyio
class TestTwoNodes:
    async def test_cr_05_go_on_while_the_keys_are_sealed_anew(self, database_url: str) -> None:
        async with a_node(database_url, OLD) as before, a_node(database_url, NEW, OLD) as after:
            token = before.signer().sign(some_claims(**MADE_BY_US))
            refresh_token = before.refresh_tokens().write(SESSION, 7)

            assert (await after.reseal_keys()()).changed == 1
            assert (await after.reseal_keys()()).changed == 0

            for node in (before, after):
                await node.rotate_keys_when_due()()
                assert node.verifier().verify(token)
            for signer, verifier in ((before, after), (after, before)):
                assert verifier.verifier().verify(
                    signer.signer().sign(some_claims(**MADE_BY_US, client_id="later"))
                )
            assert after.refresh_tokens().read(refresh_token) == (SESSION, 7)

    async def test_cr_05_then_the_previous_secret_may_go(self, database_url: str) -> None:
        async with a_node(database_url, OLD) as before:
            token = before.signer().sign(some_claims(**MADE_BY_US))
            refresh_token = before.refresh_tokens().write(SESSION, 7)
        with pytest.raises(UnusableKey, match="was the master secret changed"):
            async with a_node(database_url, NEW):
                pass
        async with a_node(database_url, NEW, OLD) as both:
            await both.reseal_keys()()

        async with a_node(database_url, NEW) as after:
            assert after.verifier().verify(token)
            with pytest.raises(RefreshTokenRejected):
                after.refresh_tokens().read(refresh_token)
        with pytest.raises(UnusableKey):
            async with a_node(database_url, OLD):
                pass

    async def test_read_each_other_when_the_new_secret_is_known_before_it_is_used(
        self, database_url: str
    ) -> None:
        """What the guide advises for several servers: first as the previous one, then swapped."""
        async with a_node(database_url, OLD, NEW) as first, a_node(database_url, NEW, OLD) as then:
            assert first.refresh_tokens().read(then.refresh_tokens().write(SESSION, 8))
            assert then.refresh_tokens().read(first.refresh_tokens().write(SESSION, 8))
            await then.reseal_keys()()
            made = await then.rotate_key()(algorithm=then.settings().signing_algorithm)
            await first.reload_keys()()

            assert made.id in {key["kid"] for key in first.key_ring().published()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a fresh deployment that is configured by nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEXKEY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def hexkey(*words: str) -> Any:
    done = CliRunner().invoke(app, ["keys", *words, "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


class TestRotateMasterOfTheEmbeddedDefault:
    def test_cr_05_makes_the_new_secret_and_keeps_the_old_one(self, folder: Path) -> None:
        (key,) = hexkey("rotate", "--now")
        before = (folder / "master.secret").read_text()

        (done,) = hexkey("rotate-master")

        assert (done["begun"], done["resealed"], done["keys"]) == (True, 1, 1)
        assert (folder / "master.secret.previous").read_text() == before
        assert (folder / "master.secret").read_text() != before
        for file in folder.glob("master.secret*"):
            assert file.stat().st_mode & 0o077 == 0
        assert hexkey("list") == [key]

    def test_begins_no_second_one_while_the_first_lasts(self, folder: Path) -> None:
        hexkey("rotate", "--now")
        hexkey("rotate-master")
        secrets = {file: file.read_text() for file in folder.glob("master.secret*")}

        (done,) = hexkey("rotate-master")

        assert (done["begun"], done["resealed"]) == (False, 0)
        assert {file: file.read_text() for file in folder.glob("master.secret*")} == secrets

    def test_cr_05_afterwards_the_kept_secret_may_go(self, folder: Path) -> None:
        hexkey("rotate", "--now")
        hexkey("rotate-master")
        (folder / "master.secret.previous").unlink()

        (done,) = hexkey("rotate-master")

        assert (done["begun"], done["resealed"]) == (True, 1)

    def test_goes_on_after_a_crash_in_the_middle(self, folder: Path) -> None:
        """Between keeping the old secret and putting the new one in its place."""
        hexkey("rotate", "--now")
        before = (folder / "master.secret").read_text()
        (folder / "master.secret.previous").hardlink_to(folder / "master.secret")

        (done,) = hexkey("rotate-master")

        assert (done["begun"], done["resealed"]) == (True, 1)
        assert (folder / "master.secret.previous").read_text() == before

    def test_makes_no_secret_where_a_key_cannot_be_opened(self, folder: Path) -> None:
        hexkey("rotate", "--now")
        (folder / "master.secret").write_text(NEW)

        done = CliRunner().invoke(app, ["keys", "rotate-master"])

        assert done.exit_code == 1
        assert "was the master secret changed" in done.stderr
        assert not (folder / "master.secret.previous").exists()

    def test_says_what_is_left_to_do_and_no_secret(self, folder: Path) -> None:
        hexkey("rotate", "--now")
        done = CliRunner().invoke(app, ["keys", "rotate-master"])

        assert "Restart every server" in done.stdout
        for file in folder.glob("master.secret*"):
            assert file.read_text().strip() not in done.output


class TestRotateMasterOfSettings:
    def test_explains_itself_where_there_is_no_other_secret(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_MASTER_SECRET", NEW)
        done = CliRunner().invoke(app, ["keys", "rotate-master"])

        assert done.exit_code == 1
        assert "HEXKEY_MASTER_SECRET_PREVIOUS" in done.stderr

    def test_cr_05_seals_under_the_present_one(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_MASTER_SECRET", OLD)
        hexkey("rotate", "--now")
        monkeypatch.setenv("HEXKEY_MASTER_SECRET", NEW)
        monkeypatch.setenv("HEXKEY_MASTER_SECRET_PREVIOUS", OLD)

        (done,) = hexkey("rotate-master")

        assert (done["resealed"], done["previous"]) == (1, "HEXKEY_MASTER_SECRET_PREVIOUS")
        assert list(folder.glob("master.secret*")) == []

    @pytest.mark.parametrize("wrong", ["short", ""])
    def test_cr_03_the_previous_one_is_as_long(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
    ) -> None:
        monkeypatch.setenv("HEXKEY_MASTER_SECRET", NEW)
        monkeypatch.setenv("HEXKEY_MASTER_SECRET_PREVIOUS", wrong)
        done = CliRunner().invoke(app, ["keys", "rotate-master"])

        assert done.exit_code == 1
        assert "HEXKEY_MASTER_SECRET_PREVIOUS" in done.stderr


class TestRetire:
    def test_says_what_it_cannot_do(self, folder: Path) -> None:
        (key,) = hexkey("rotate", "--now")

        for kid, status in ((key["id"], 4), ("x" * 43, 3)):
            done = CliRunner().invoke(app, ["keys", "retire", kid])
            assert done.exit_code == status, done.output
        hexkey("rotate", "--now")
        assert [it["state"] for it in hexkey("retire", key["id"])] == ["retired"]
