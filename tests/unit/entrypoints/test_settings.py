"""CR-03: what is written wrongly in the configuration is an error that names it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hexkey.domain.sessions.revocation_list import oldest_that_matters
from hexkey.entrypoints.settings import BadConfiguration, Settings, load_settings, sources
from tests.support.doubles import START
from tests.support.program import alone

__all__ = ["alone"]

CANARY = "c4n4ry-9f2b"

BAD_VALUES = [
    ("HEXKEY_ENVIRONMENT", f"{CANARY}"),
    ("HEXKEY_HTTP_BASIC", "1"),
    ("HEXKEY_HTTP_BASIC", "yes"),
    ("HEXKEY_PASSWORD_FORM", "off"),
    ("HEXKEY_ACCESS_LOG", "T"),
    ("HEXKEY_DOCS", "0"),
    ("HEXKEY_CORS_ORIGINS", "*"),
    ("HEXKEY_CORS_ORIGINS", "https://*.example.com"),
    ("HEXKEY_CORS_ORIGINS", "https://app.example.com/"),
    ("HEXKEY_CORS_ORIGINS", f"https://user:{CANARY}@app.example.com"),
    ("HEXKEY_CORS_ORIGINS", "app.example.com"),
    ("HEXKEY_ALLOWED_HOSTS", "*"),
    ("HEXKEY_ALLOWED_HOSTS", "auth.example.com:8000"),
    ("HEXKEY_TRUSTED_PROXIES", "everyone"),
    ("HEXKEY_TRUSTED_PROXIES", "10.0.0.1/8"),
    ("HEXKEY_PUBLIC_URL", "auth.example.com"),
    ("HEXKEY_PUBLIC_URL", f"https://user:{CANARY}@auth.example.com"),
    ("HEXKEY_PUBLIC_URL", "https://auth.example.com?x=1"),
    ("HEXKEY_PUBLIC_URL", "https://auth.example.com:99999"),
    ("HEXKEY_ROOT_PATH", "auth"),
    ("HEXKEY_ROOT_PATH", "/auth/"),
    ("HEXKEY_ACCESS_TOKEN_TTL", "9"),
    ("HEXKEY_ACCESS_TOKEN_TTL", "soon"),
    ("HEXKEY_BCRYPT_COST", "9"),
    ("HEXKEY_BCRYPT_COST", "17"),
    ("HEXKEY_HASHING_WORKERS", "0"),
    ("HEXKEY_PASSWORD_MIN_LENGTH", "7"),
    ("HEXKEY_PASSWORD_MIN_LENGTH", "65"),
    ("HEXKEY_SIGNING_ALGORITHM", "none"),
    ("HEXKEY_BREACHED_PASSWORDS_API", "http://api.example.com/range"),
    ("HEXKEY_BREACHED_PASSWORDS_API", "api.example.com"),
    ("HEXKEY_REGISTRATION", "maybe"),
    ("HEXKEY_REGISTRATION", "Verified"),
    ("HEXKEY_DELETION_GRACE", "-1"),
    ("HEXKEY_DELETION_GRACE", "7776001"),
    ("HEXKEY_LANGUAGE", "tlh"),
    ("HEXKEY_WORKER", "yes"),
    ("HEXKEY_MAIL_FROM", f"{CANARY}"),
    ("HEXKEY_MAIL_FROM", "a@example.com, b@example.com"),
    ("HEXKEY_MAIL_FROM", "Ours <a@example.com>\r\nBcc: <b@example.com>"),
    ("HEXKEY_SMTP_URL", f"{CANARY}"),
    ("HEXKEY_SMTP_URL", f"http://u:{CANARY}@mail.example.com"),
    ("HEXKEY_SMTP_URL", f"smtp://{CANARY}@mail.example.com"),
    ("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@mail.example.com:port"),
    ("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@mail.example.com/path"),
    ("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@mail.example.com#x"),
    ("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@[mail"),
    ("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@mail.example.com?starttls=maybe"),
    ("HEXKEY_LOG_LEVEL", "trace"),
    ("HEXKEY_LOG_FORMAT", "xml"),
    ("HEXKEY_ADAPTERS", "common_passwords"),
    ("HEXKEY_SCOPES", 'read,"write"'),
    ("HEXKEY_SCOPES", ",".join(f"{n:064}" for n in range(64))),
    ("HEXKEY_SESSION_RETENTION", "959"),  # an access token of 15 minutes, and a minute
    ("HEXKEY_SESSION_RETENTION", "31536001"),
    ("HEXKEY_DATABASE_URL", f"mysql://root:{CANARY}@db/hexkey"),
    ("HEXKEY_DATABASE_URL", f"{CANARY}"),
    ("HEXKEY_DATABASE_URL", f"postgresql://u:{CANARY}@db:port/hexkey"),
    ("HEXKEY_DATABASE_URL", f"postgresql://u:{CANARY}@[db/hexkey"),
    ("HEXKEY_DATABASE_URL", "sqlite://"),
    ("HEXKEY_DATABASE_URL", "sqlite:///"),
    ("HEXKEY_DATABASE_URL", "sqlite:///:memory:"),
]


class TestSettings:
    @pytest.mark.parametrize(("name", "value"), BAD_VALUES)
    def test_refuse_a_bad_value_by_name_and_without_repeating_it(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """CR-03, LG-03."""
        monkeypatch.setenv(name, value)

        with pytest.raises(BadConfiguration) as refusal:
            load_settings()

        assert name in str(refusal.value)
        assert CANARY not in f"{refusal.value!r}{refusal.value}{refusal.value.__cause__}"

    @pytest.mark.parametrize("text", ["true", "TRUE", "True", "false", "FALSE"])
    def test_read_booleans_strictly_but_in_any_case(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        """CR-03: booleans are parsed strictly."""
        monkeypatch.setenv("HEXKEY_HTTP_BASIC", text)

        assert load_settings().http_basic is (text.lower() == "true")

    def test_report_every_problem_at_once(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_HTTP_BASIC", "1")
        monkeypatch.setenv("HEXKEY_BCRYPT_COST", "1")

        with pytest.raises(BadConfiguration) as refusal:
            load_settings()

        assert len(refusal.value.problems) == 2

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [
            ("HEXKEY_DATABSE_URL", "HEXKEY_DATABASE_URL"),
            ("hexkey_master_secert", "HEXKEY_MASTER_SECRET"),
            ("HEXKEY_CORS_ORIGIN", "HEXKEY_CORS_ORIGINS"),
        ],
    )
    def test_refuse_an_unknown_name_and_suggest_the_right_one(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, right: str
    ) -> None:
        """CR-03."""
        monkeypatch.setenv(wrong, CANARY)

        with pytest.raises(BadConfiguration, match=f"Did you mean {right}\\?") as refusal:
            load_settings()

        assert CANARY not in str(refusal.value)

    def test_suggest_nothing_where_nothing_is_similar(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_QQQQQQ", "1")

        with pytest.raises(BadConfiguration, match="config show"):
            load_settings()

    def test_leave_the_names_of_the_test_suite_alone(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_TEST_ANYTHING", "1")

        load_settings()

    def test_refuse_a_secret_that_is_given_twice(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_MASTER_SECRET", CANARY)
        monkeypatch.setenv("HEXKEY_MASTER_SECRET_FILE", "/run/secret")

        with pytest.raises(BadConfiguration, match="not both") as refusal:
            load_settings()

        assert CANARY not in str(refusal.value)

    def test_hide_secrets_when_printed(self) -> None:
        """LG-03."""
        settings = Settings(_env_file=None, master_secret=CANARY)

        assert CANARY not in f"{settings!r}{settings}{settings.model_dump()}"

    def test_drop_the_final_slash_of_the_public_url(self) -> None:
        assert Settings(public_url="https://a.example/").public_url == "https://a.example"

    def test_allow_as_many_scopes_as_a_session_can_hold(self) -> None:
        """4,096 characters with a space between each two: 63 times 65, and 1."""
        names = tuple(f"{n:064}" for n in range(63))

        assert len(Settings(scopes=(*names, "x")).scopes) == 64
        with pytest.raises(ValueError, match="HEXKEY_SCOPES"):
            Settings(scopes=(*names, "xx"))

    def test_keep_ended_sessions_for_as_long_as_their_tokens_may_be_believed(self) -> None:
        """By the slowest clock that is allowed for; revocations that matter are never forgotten."""
        edge = START - oldest_that_matters(lifetime=timedelta(seconds=100), now=START)
        least = edge // timedelta(seconds=1)

        assert Settings(access_token_ttl=100, session_retention=least)
        with pytest.raises(ValueError, match="HEXKEY_SESSION_RETENTION"):
            Settings(access_token_ttl=100, session_retention=least - 1)

    def test_know_the_storage_from_the_url(self) -> None:
        stored = {
            url: Settings(database_url=url).storage
            for url in ("memory://", "sqlite:////tmp/x.db", "postgresql://h/d", "postgres://h/d")
        }

        assert list(stored.values()) == ["memory", "sql", "sql", "sql"]

    def test_answer_to_loopback_names_only_outside_production(self) -> None:
        here = Settings(public_url="https://a.example", allowed_hosts=("b.example",))
        there = here.model_copy(update={"environment": "production"})

        assert {"a.example", "b.example", "localhost"} <= here.hosts
        assert there.hosts == {"a.example", "b.example"}

    @pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.5", "localhost.example.com"])
    def test_never_send_mail_in_the_clear_to_another_machine(self, host: str) -> None:
        """CR-06: the exception is for a server on loopback."""
        with pytest.raises(ValueError, match="in the clear"):
            Settings(smtp_url=f"smtp://{host}?tls=off")

    @pytest.mark.parametrize(
        ("url", "port", "security"),
        [
            ("smtp://mail.example.com", 587, "starttls"),
            ("smtp://u:p@mail.example.com:2525", 2525, "starttls"),
            ("smtps://mail.example.com", 465, "tls"),
            ("smtp://localhost:25?tls=off", 25, "off"),
            ("smtp://[::1]:25?tls=off", 25, "off"),
        ],
    )
    def test_demand_tls_of_mail_unless_told_otherwise(
        self, url: str, port: int, security: str
    ) -> None:
        """CR-06: no option and no server can talk it down."""
        smtp = Settings(smtp_url=url).smtp

        assert (smtp.port, smtp.security) == (port, security)

    def test_read_what_a_url_writes_in_its_own_way(self) -> None:
        smtp = Settings(smtp_url="smtps://u%40example.com:p%2F%3F%23@mail.example.com").smtp

        assert (smtp.user, smtp.password) == ("u@example.com", "p/?#")
        assert "p/?#" not in repr(smtp)

    def test_refuse_two_ways_for_one_mail(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEXKEY_SMTP_URL", f"smtp://u:{CANARY}@mail.example.com")
        monkeypatch.setenv("HEXKEY_MAIL_DIR", "mails")

        with pytest.raises(BadConfiguration, match="not both") as refusal:
            load_settings()

        assert CANARY not in str(refusal.value)

    def test_choose_where_mail_goes(self) -> None:
        production = Settings(environment="production")
        chosen = [
            Settings(smtp_url="smtp://mail.example.com").mail,
            Settings(mail_dir="mails").mail,
            Settings().mail,
            production.mail,
        ]

        assert chosen == ["smtp", "file", "console", "refusing"]
        assert [Settings().sends_mail, production.sends_mail] == [True, False]
        assert production.model_copy(update={"adapters": {"mail_sender": "a:b"}}).sends_mail

    @pytest.mark.parametrize(
        ("values", "sender"),
        [
            ({}, "Hexkey <no-reply@localhost>"),
            ({"public_url": "https://10.0.0.1"}, "Hexkey <no-reply@localhost>"),
            ({"public_url": "https://a.example"}, "Hexkey <no-reply@a.example>"),
            ({"public_url": "https://a.example", "service_name": "A, B"},
             '"A, B" <no-reply@a.example>'),
            ({"mail_from": "Us <us@b.example>"}, "Us <us@b.example>"),
        ],
    )  # fmt: skip
    def test_say_who_mails_are_from(self, values: dict[str, Any], sender: str) -> None:
        assert Settings(**values).sender == sender

    @pytest.mark.parametrize(
        ("url", "prefix", "base"),
        [
            ("https://a.example", "", "https://a.example"),
            ("https://a.example", "/auth", "https://a.example/auth"),
            ("https://a.example/auth", "/auth", "https://a.example/auth"),
        ],
    )
    def test_build_links_on_the_public_url_with_the_prefix_once(
        self, url: str, prefix: str, base: str
    ) -> None:
        """RC-08."""
        assert Settings(public_url=url, root_path=prefix).account_pages == f"{base}/account"

    def test_hash_on_as_many_threads_as_told_or_as_there_are_cores(self) -> None:
        assert Settings(hashing_workers=3).hashing_threads == 3
        assert Settings().hashing_threads == len(os.sched_getaffinity(0))


class TestDotEnv:
    def test_is_read_and_the_environment_wins(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (alone / ".env").write_text("HEXKEY_BCRYPT_COST=11\nHEXKEY_SERVICE_NAME=Ours\n")
        monkeypatch.setenv("HEXKEY_BCRYPT_COST", "13")

        settings = load_settings()

        assert (settings.bcrypt_cost, settings.service_name) == (13, "Ours")
        found = sources()
        assert found["bcrypt_cost"] == "environment"
        assert found["service_name"] == ".env"
        assert found["public_url"] == "default"

    def test_may_not_hold_unknown_names_either(self, alone: Path) -> None:
        (alone / ".env").write_text(f"HEXKEY_MASTER_SECRT={CANARY}\nOTHER_THING=1\n")

        with pytest.raises(BadConfiguration, match="HEXKEY_MASTER_SECRET") as refusal:
            load_settings()

        assert CANARY not in str(refusal.value)
        assert "OTHER_THING" not in str(refusal.value)

    def test_that_is_not_text_is_refused(self, alone: Path) -> None:
        (alone / ".env").write_bytes(b"HEXKEY_SERVICE_NAME=\xff\xfe\n")

        with pytest.raises(BadConfiguration, match=r"\.env"):
            load_settings()

    def test_with_secrets_must_be_closed_to_others_in_production(self, alone: Path) -> None:
        """CR-03: a file that others can read stops the start."""
        file = alone / ".env"
        file.write_text(f"HEXKEY_ENVIRONMENT=production\nHEXKEY_MASTER_SECRET={CANARY * 4}\n")
        file.chmod(0o644)

        with pytest.raises(BadConfiguration, match=r"chmod 600 \.env") as refusal:
            load_settings()

        assert CANARY not in str(refusal.value)
        file.chmod(0o600)
        assert load_settings().in_production
