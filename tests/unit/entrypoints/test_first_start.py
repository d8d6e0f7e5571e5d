"""CR-03 and D13: the first start makes a secret, and production starts only when it is safe."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from hexkey.adapters.crypto.system import SystemSecrets
from hexkey.entrypoints.first_start import (
    data_folder,
    database_url,
    ensure_safe,
    generated_secret_file,
    master_secret,
    warn,
)
from hexkey.entrypoints.settings import BadConfiguration, Settings

STRONG = "kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5"
WEAK = ["a" * 64, "change-me-" * 8, "Example-secret-0123456789-abcdefgh", "abcabcabc" * 5]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings(folder: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, **{"data_dir": folder / "data", **values})


def production(folder: Path, **values: Any) -> Settings:
    safe = {"environment": "production", "public_url": "https://a.example", "master_secret": STRONG}
    return settings(folder, **{**safe, **values})


class TestFirstStart:
    def test_makes_a_folder_and_a_secret_that_are_closed_to_others(self, tmp_path: Path) -> None:
        development = settings(tmp_path)

        secret = master_secret(development, SystemSecrets())

        assert len(secret) >= 32
        assert mode(tmp_path / "data") == 0o700
        assert mode(generated_secret_file(development)) == 0o600
        assert [it.name for it in (tmp_path / "data").iterdir()] == ["master.secret"]

    def test_makes_a_database_file_that_is_closed_to_others(self, tmp_path: Path) -> None:
        development = settings(tmp_path)
        (tmp_path / "data").mkdir(mode=0o755)

        url = database_url(development)

        assert url == f"sqlite:///{tmp_path}/data/hexkey.db"
        assert mode(tmp_path / "data" / "hexkey.db") == 0o600

    def test_finds_the_same_secret_the_next_time(self, tmp_path: Path) -> None:
        development = settings(tmp_path)

        assert master_secret(development, SystemSecrets()) == master_secret(
            development, SystemSecrets()
        )

    def test_of_many_at_once_agrees_on_one_secret(self, tmp_path: Path) -> None:
        """RA-07, for the secret; the processes are in tests/integration/cli."""
        ready, found = threading.Barrier(16), set()

        def start() -> None:
            ready.wait()
            found.add(master_secret(settings(tmp_path), SystemSecrets()))

        threads = [threading.Thread(target=start) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 1
        assert [it.name for it in (tmp_path / "data").iterdir()] == ["master.secret"]

    def test_keeps_nothing_on_disk_for_a_throw_away_node(self, tmp_path: Path) -> None:
        throw_away = settings(tmp_path, database_url="memory://")

        one, other = (master_secret(throw_away, SystemSecrets()) for _ in range(2))

        assert one != other
        assert not (tmp_path / "data").exists()

    def test_prefers_the_file_that_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text(f"{STRONG}\n")
        file.chmod(0o600)

        named = settings(tmp_path, master_secret_file=file)

        assert master_secret(named, SystemSecrets()) == STRONG.encode()

    @pytest.mark.parametrize("permissions", [0o640, 0o604, 0o620, 0o602])
    def test_refuses_a_secret_that_others_can_read_or_write(
        self, tmp_path: Path, permissions: int
    ) -> None:
        """CR-03."""
        master_secret(settings(tmp_path), SystemSecrets())
        generated_secret_file(settings(tmp_path)).chmod(permissions)

        with pytest.raises(BadConfiguration, match="chmod 600"):
            master_secret(settings(tmp_path), SystemSecrets())

    def test_refuses_a_secret_file_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration, match="No such file"):
            master_secret(settings(tmp_path, master_secret_file=tmp_path / "no"), SystemSecrets())

    def test_refuses_a_short_secret_everywhere(self, tmp_path: Path) -> None:
        """CR-03."""
        with pytest.raises(BadConfiguration, match="shorter than 32 bytes") as refusal:
            master_secret(settings(tmp_path, master_secret=STRONG[:31]), SystemSecrets())

        assert STRONG[:31] not in str(refusal.value)

    def test_says_why_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")

        with pytest.raises(BadConfiguration, match="HEXKEY_DATA_DIR"):
            data_folder(settings(tmp_path))

    def test_says_why_a_file_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "data" / "hexkey.db").mkdir(parents=True)
        generated_secret_file(settings(tmp_path)).symlink_to(tmp_path / "nowhere" / "secret")

        with pytest.raises(BadConfiguration, match=r"master\.secret"):
            master_secret(settings(tmp_path), SystemSecrets())


class TestProduction:
    """CR-03, D13."""

    def test_starts_when_everything_is_safe(self, tmp_path: Path) -> None:
        assert master_secret(production(tmp_path), SystemSecrets()) == STRONG.encode()

    def test_makes_no_secret_of_its_own(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration, match="openssl rand"):
            master_secret(production(tmp_path, master_secret=None), SystemSecrets())

        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize("weak", WEAK)
    def test_refuses_a_placeholder(self, tmp_path: Path, weak: str) -> None:
        with pytest.raises(BadConfiguration, match="placeholder") as refusal:
            master_secret(production(tmp_path, master_secret=weak), SystemSecrets())

        assert weak not in str(refusal.value)

    def test_refuses_an_issuer_without_tls_off_loopback(self, tmp_path: Path) -> None:
        for url in ("http://a.example", "http://10.0.0.1", "http://127.0.0.1.a.example"):
            with pytest.raises(BadConfiguration, match="https://"):
                ensure_safe(production(tmp_path, public_url=url))
        for url in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:1"):
            ensure_safe(production(tmp_path, public_url=url))

    def test_refuses_to_forget_every_user(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration, match="memory://"):
            ensure_safe(production(tmp_path, database_url="memory://"))

    def test_refuses_a_database_that_others_can_read(self, tmp_path: Path) -> None:
        file = tmp_path / "hexkey.db"
        file.touch(mode=0o600)
        file.chmod(0o644)
        embedded = production(tmp_path, database_url=f"sqlite:///{file}")

        with pytest.raises(BadConfiguration, match=r"chmod 600 .*hexkey\.db"):
            ensure_safe(embedded)

        file.chmod(0o600)
        ensure_safe(embedded)

    @pytest.mark.parametrize("mode", ["verified", "invited"])
    def test_refuses_to_wait_for_mail_that_cannot_leave(self, tmp_path: Path, mode: str) -> None:
        """EN-04: where an account begins with a mail, a node without mail lets nobody in."""
        with pytest.raises(BadConfiguration, match=f"{mode} needs mail: set HEXKEY_SMTP_URL"):
            ensure_safe(production(tmp_path, registration=mode))
        ensure_safe(production(tmp_path, registration=mode, smtp_url="smtps://mail.example.com"))
        ensure_safe(production(tmp_path, registration=mode, mail_dir=tmp_path))
        ensure_safe(production(tmp_path, registration=mode, adapters={"mail_sender": "a:b"}))
        ensure_safe(settings(tmp_path, registration=mode))

    def test_without_mail_is_warned_loudly(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        warn(production(tmp_path))
        warn(production(tmp_path, smtp_url="smtps://mail.example.com"))
        warn(settings(tmp_path))

        assert [it.levelname for it in caplog.records] == ["WARNING"]
        assert "HEXKEY_SMTP_URL" in caplog.text

    def test_names_every_broken_rule_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration) as refusal:
            ensure_safe(
                production(
                    tmp_path,
                    master_secret=None,
                    public_url="http://a.example",
                    database_url="memory://",
                )
            )

        assert len(refusal.value.problems) == 3
