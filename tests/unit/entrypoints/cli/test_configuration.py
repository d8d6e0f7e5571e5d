"""What the program does with its configuration, good and bad."""

import logging

import pytest

from hexkey.entrypoints.settings import Settings, setting_name
from tests.support.program import PASSWORD, Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

CANARY = "c4n4ry-Zx81-secret-of-this-deployment"
SAFE = {"environment": "production", "public_url": "https://a.example", "master_secret": CANARY}

BAD = [
    {"environment": CANARY},
    {"http_basic": "1"},
    {"password_form": "on"},
    {"access_log": CANARY},
    {"cors_origins": "*"},
    {"cors_origins": f"https://user:{CANARY}@a.example"},
    {"allowed_hosts": "*"},
    {"trusted_proxies": CANARY},
    {"public_url": f"https://user:{CANARY}@a.example"},
    {"root_path": CANARY},
    {"access_token_ttl": CANARY},
    {"bcrypt_cost": "31"},
    {"password_min_length": "1"},
    {"signing_algorithm": "none"},
    {"database_url": f"mysql://u:{CANARY}@h/d"},
    {"database_url": f"postgresql://u:{CANARY}@h:x/d"},
    {"master_secret": CANARY[:20]},
    {"master_secret": CANARY, "master_secret_file": "/run/secret"},
    {"master_secret_file": "missing"},
    {"master_secert": CANARY},
    {"password_hasher": "nobodys"},
    {"adapters": CANARY},
    {**SAFE, "master_secret": ""},
    {**SAFE, "master_secret": f"change-me-{CANARY}"},
    {**SAFE, "master_secret": "a" * 40},
    {**SAFE, "public_url": "http://a.example"},
    {**SAFE, "database_url": "memory://"},
    {**SAFE, "registration": "verified"},
    {**SAFE, "registration": "invited"},
    {"smtp_url": f"smtp://u:{CANARY}@mail.example.com?tls=off"},
    {"smtp_url": f"smtp://{CANARY}@mail.example.com"},
    {"smtp_url": f"smtp://u:{CANARY}@h", "mail_dir": "mails"},
    {"smtp_url": f"smtp://u:{CANARY}@h", "smtp_ca_file": "missing.pem"},
    {"mail_templates": "missing"},
    {"mail_from": CANARY},
    {**SAFE, "master_secret": "", "master_secret_file": "open.secret"},
]


class TestServe:
    @pytest.mark.parametrize("bad", BAD, ids="-".join)
    def test_refuses_a_bad_configuration(self, hexkey: Program, bad: dict[str, str]) -> None:
        """CR-03, LG-03: exit ≠ 0, a reason, and no secret printed."""
        (hexkey.folder / "open.secret").write_text(CANARY)
        (hexkey.folder / "open.secret").chmod(0o644)

        result = hexkey("serve", "--port", "0", **{"log_level": "debug", **bad})

        assert result.exit_code == 1
        assert result.stdout == ""
        assert all(it.startswith("hexkey: ") for it in result.stderr.splitlines())
        assert "(bad_configuration)" in result.stderr
        assert CANARY[:20] not in result.output

    def test_refuses_to_reload_in_production(self, hexkey: Program) -> None:
        """CR-03: no debugging aids in production."""
        result = hexkey("serve", "--reload", **SAFE)

        assert result.exit_code == 1
        assert "(not_in_production)" in result.stderr

    @pytest.mark.parametrize("options", [["--workers", "2"], ["--reload"]])
    def test_refuses_to_share_memory_between_processes(
        self, hexkey: Program, options: list[str]
    ) -> None:
        result = hexkey("serve", *options, database_url="memory://")

        assert result.exit_code == 1
        assert "(storage_of_one_process)" in result.stderr

    def test_refuses_two_workers_that_reload(self, hexkey: Program) -> None:
        assert hexkey("serve", "--reload", "--workers", "2").exit_code == 1

    @pytest.mark.parametrize(
        "options", [["--port", "65536"], ["--port", "x"], ["--workers", "0"], ["--nonsense"]]
    )
    def test_ends_with_2_for_options_that_cannot_be(
        self, hexkey: Program, options: list[str]
    ) -> None:
        assert hexkey("serve", *options).exit_code == 2

    @pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no-such-host.invalid"])
    def test_refuses_an_address_of_somebody_else(self, hexkey: Program, host: str) -> None:
        result = hexkey("serve", "--host", host)

        assert result.exit_code == 1
        assert "--host" in result.stderr


class TestConfigShow:
    def test_names_every_setting_its_value_and_source(self, hexkey: Program) -> None:
        (hexkey.folder / ".env").write_text("HEXKEY_SERVICE_NAME=Ours\n")

        shown = {
            it["name"]: it
            for it in hexkey.json(
                "config", "show", http_basic="true", scopes="read, write", adapters="clock=a:b"
            )
        }

        assert list(shown) == list(map(setting_name, Settings.model_fields))
        assert set(shown["HEXKEY_DOCS"]) == {"name", "value", "source"}
        assert (shown["HEXKEY_SERVICE_NAME"]["value"], shown["HEXKEY_SERVICE_NAME"]["source"]) == (
            "Ours",
            ".env",
        )
        assert shown["HEXKEY_HTTP_BASIC"]["value"] is True
        assert shown["HEXKEY_HTTP_BASIC"]["source"] == "environment"
        assert shown["HEXKEY_SCOPES"]["value"] == ["read", "write"]
        assert shown["HEXKEY_ADAPTERS"]["value"] == ["clock=a:b"]
        assert shown["HEXKEY_SIGNING_ALGORITHM"]["value"] == "ES256"
        assert shown["HEXKEY_PUBLIC_URL"]["source"] == "default"

    @pytest.mark.parametrize("options", [[], ["--json"]])
    def test_masks_secrets(self, hexkey: Program, options: list[str]) -> None:
        """LG-03."""
        result = hexkey(
            *("config", "show", *options),
            master_secret=CANARY,
            database_url=f"postgresql://hexkey:{CANARY}@db.example.com/auth?password={CANARY}",
            smtp_url=f"smtp://hexkey:{CANARY}@mail.example.com:587",
        )

        assert result.exit_code == 0
        assert "smtp://hexkey:********@mail.example.com:587" in result.stdout
        assert "********" in result.stdout
        assert "db.example.com" in result.stdout
        assert CANARY not in result.output

    def test_is_a_table_for_people(self, hexkey: Program) -> None:
        result = hexkey("config", "show", http_basic="false", cors_origins="https://a.example")

        assert "HEXKEY_CORS_ORIGINS" in result.stdout
        assert "https://a.example" in result.stdout


class TestProgram:
    def test_says_which_version_it_is(self, hexkey: Program) -> None:
        assert hexkey("version").stdout.startswith("hexkey ")
        assert set(hexkey.json("version")[0]) == {"version"}

    @pytest.mark.parametrize("arguments", [[], ["users"], ["keys"], ["config"]])
    def test_shows_its_commands_when_it_is_told_none(
        self, hexkey: Program, arguments: list[str]
    ) -> None:
        result = hexkey(*arguments)

        assert result.exit_code == 2
        assert "Commands" in result.output

    def test_migrates_once(self, hexkey: Program) -> None:
        assert hexkey.json("migrate") == [{"migrated": True}]
        assert hexkey.json("migrate") == [{"migrated": False}]
        assert hexkey("migrate").stdout == "The database is up to date.\n"

    @pytest.mark.parametrize("command", [["users", "list"], ["keys", "list"], ["migrate"]])
    def test_ends_with_5_while_the_database_is_away(
        self, hexkey: Program, command: list[str]
    ) -> None:
        """LG-03: and does not tell the password it tried."""
        result = hexkey(
            *command, database_url=f"postgresql://u:{CANARY}@127.0.0.1:1/d", log_level="debug"
        )

        assert result.exit_code == 5
        assert "(service_unavailable)" in result.stderr
        assert CANARY not in result.output

    @pytest.mark.parametrize("command", [["users", "list"], ["keys", "generate"], ["migrate"]])
    def test_changes_nothing_in_the_memory_of_another_process(
        self, hexkey: Program, command: list[str]
    ) -> None:
        result = hexkey(*command, database_url="memory://")

        assert result.exit_code == 1
        assert "(storage_of_one_process)" in result.stderr

    def test_refuses_a_database_of_a_newer_version(self, hexkey: Program) -> None:
        import sqlite3

        hexkey("migrate")
        with sqlite3.connect(hexkey.folder / "hexkey-data" / "hexkey.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()

        for command in (["serve", "--port", "0"], ["users", "list"], ["migrate"]):
            result = hexkey(*command)

            assert result.exit_code == 1
            assert "9999" in result.stderr
            assert "(storage_unusable)" in result.stderr


class TestMain:
    def test_shows_a_defect_without_its_message(
        self,
        hexkey: Program,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """LG-03: the message of an unforeseen error may hold anything."""
        from hexkey.entrypoints.cli import deployment
        from hexkey.entrypoints.cli.main import main

        def fail(deed: object) -> None:
            logging.getLogger("hexkey").setLevel(logging.DEBUG)
            raise LookupError(CANARY)

        monkeypatch.setattr(deployment, "run", fail)
        monkeypatch.setattr("sys.argv", ["hexkey", "users", "list"])

        with pytest.raises(SystemExit) as ending:
            main()

        written = capsys.readouterr().err
        assert ending.value.code == 1
        assert "LookupError" in written
        assert "(internal_error)" in written
        assert CANARY not in written


class TestPassword:
    def typed(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> str:
        from hexkey.entrypoints.cli import passwords

        remaining = iter(answers)

        def ask(prompt: str) -> str:
            answer = next(remaining, None)
            if answer is None:
                raise EOFError
            return answer

        class Terminal:
            def isatty(self) -> bool:
                return True

        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr("getpass.getpass", ask)
        return passwords.read_password()

    def test_is_typed_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.typed(monkeypatch, PASSWORD, PASSWORD) == PASSWORD

    @pytest.mark.parametrize("answers", [[], [PASSWORD], [PASSWORD, "another"], ["", ""]])
    def test_is_refused_unless_both_are_the_same(
        self, monkeypatch: pytest.MonkeyPatch, answers: list[str]
    ) -> None:
        from hexkey.entrypoints.cli.refusals import CommandRefused

        with pytest.raises(CommandRefused, match="password"):
            self.typed(monkeypatch, *answers)
