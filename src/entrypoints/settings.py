"""What a deployment may decide, and the only place that reads the environment."""

import difflib
import os
import stat
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsConfigDict

from hexkey.domain.access import MAX_SCOPES_LENGTH, is_scope_name
from hexkey.domain.sessions.access_token import CLOCK_SKEW
from hexkey.entrypoints.mail_settings import MailSettings
from hexkey.entrypoints.service_settings import ServiceSettings
from hexkey.entrypoints.setting_values import STORAGE_BY_SCHEME, is_loopback
from hexkey.entrypoints.throttle_settings import ThrottleSettings

PREFIX = "HEXKEY_"
OTHERS = 0o077  # the permissions of everybody but the owner
DATABASE_FILE = "hexkey.db"
_SECRETS = ("master_secret", "master_secret_previous", "database_url", "smtp_url")
_LEAST_RETENTION = 2 * CLOCK_SKEW // timedelta(seconds=1)  # as `oldest_that_matters` says
_FOR_TESTS = "HEXKEY_TEST_"  # read by the test suite, not by the service


class BadConfiguration(Exception):
    """The service cannot start like this.

    Attributes:
        problems: one sentence each, naming the setting and never its value.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(MailSettings, ThrottleSettings, ServiceSettings):
    """Every setting, from `HEXKEY_…` in the environment or in a file `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.master_secret is not None and self.master_secret_file is not None:
            raise ValueError("give HEXKEY_MASTER_SECRET or HEXKEY_MASTER_SECRET_FILE, not both")
        if None not in (self.master_secret_previous, self.master_secret_previous_file):
            raise ValueError(
                "give HEXKEY_MASTER_SECRET_PREVIOUS or HEXKEY_MASTER_SECRET_PREVIOUS_FILE, not both"
            )
        if None not in (self.smtp_url, self.mail_dir):
            raise ValueError("give HEXKEY_SMTP_URL or HEXKEY_MAIL_DIR, not both")
        api = self.breached_passwords_api
        if api is not None and not api.startswith("https://") and not is_loopback(api):
            raise ValueError("HEXKEY_BREACHED_PASSWORDS_API must begin with https://")
        if not all(map(is_scope_name, self.scopes)):
            raise ValueError("HEXKEY_SCOPES holds a name that RFC 6749 does not allow")
        if len(" ".join(self.scopes)) > MAX_SCOPES_LENGTH:
            raise ValueError(f"HEXKEY_SCOPES has more than {MAX_SCOPES_LENGTH} characters")
        if self.session_retention < self.access_token_ttl + _LEAST_RETENTION:
            raise ValueError(
                "HEXKEY_SESSION_RETENTION must be longer than HEXKEY_ACCESS_TOKEN_TTL by at least "
                f"{_LEAST_RETENTION} seconds, or revocations are forgotten that matter"
            )
        return self

    @property
    def in_production(self) -> bool:
        """Whether the strict rules hold."""
        return self.environment == "production"

    @property
    def in_development(self) -> bool:
        """Whether this machine's own addresses may be called."""
        return not self.in_production

    @property
    def database(self) -> str:
        """The URL of the database, the embedded one by default; may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / DATABASE_FILE}"

    @property
    def database_file(self) -> Path:
        """The file of the embedded database; meaningless for another one."""
        return Path(self.database.partition(":///")[2].partition("?")[0])

    @property
    def storage(self) -> str:
        """Which family of storage adapters serves that URL."""
        return STORAGE_BY_SCHEME[self.database.partition(":")[0]]

    @property
    def bell(self) -> str:
        """What tells other processes at once that there are changes to look for."""
        if self.redis_url is not None:
            return "redis"
        return "postgresql" if self.database.startswith("postgres") else "none"

    @property
    def counters(self) -> str:
        """Where failures are counted."""
        return "redis" if self.redis_url is not None else "storage"

    @property
    def redis(self) -> str:
        """The URL of Redis; empty without one. May hold a password."""
        return self.redis_url.get_secret_value() if self.redis_url else ""

    @property
    def embedded(self) -> bool:
        """Whether the database is ours alone, so that the server may migrate it by itself."""
        return self.database.startswith("sqlite")

    @property
    def serves_docs(self) -> bool:
        """Whether the interactive documentation is reachable."""
        return not self.in_production if self.docs is None else self.docs

    @property
    def token_audience(self) -> str:
        """The `aud` of access tokens."""
        return self.audience or self.public_url

    @property
    def account_pages(self) -> str:
        """Where links in mails lead; the prefix is there once, also if the public URL has it."""
        has_prefix = urlsplit(self.public_url).path.endswith(self.root_path)
        return f"{self.public_url}{'' if has_prefix else self.root_path}/account"

    @property
    def public_host(self) -> str:
        """The host of the public URL."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def mail(self) -> str:
        """Which adapter takes mails; in production none is printed, because logs are kept."""
        if self.smtp_url is not None:
            return "smtp"
        if self.mail_dir is not None:
            return "file"
        return "refusing" if self.in_production else "console"

    @property
    def sends_mail(self) -> bool:
        """Whether mails can leave; printing them counts where a developer is looking."""
        return self.mail != "refusing" or "mail_sender" in self.adapters

    @property
    def sender(self) -> str:
        """Who mails are from."""
        here = is_loopback(self.public_url) or self.public_host.replace(".", "").isdecimal()
        address = f"no-reply@{'localhost' if here else self.public_host}"
        return self.mail_from or str(Address(self.service_name, addr_spec=address))

    @property
    def hashing_threads(self) -> int:
        """How many passwords are hashed at a time."""
        return self.hashing_workers or _usable_cores()

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that requests may name."""
        loopback = () if self.in_production else ("127.0.0.1", "localhost", "::1", "testserver")
        return frozenset({self.public_host, *loopback, *self.allowed_hosts})


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # a container or taskset may leave us fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Read the environment and `env_file`; what the environment says wins.

    Raises:
        BadConfiguration: if a value cannot be used or a name is not a setting.
    """
    _refuse_unknown_names(env_file)
    try:
        settings = Settings(_env_file=env_file)
    except ValidationError as error:
        raise BadConfiguration(*map(_sentence, error.errors(include_input=False))) from None
    if settings.in_production and env_file is not None:
        _refuse_open_secrets(env_file)
    return settings


def sources(env_file: Path | None = Path(".env")) -> dict[str, str]:
    """Where each field's value comes from: `environment`, `.env` or `default`."""
    environment = {name.upper() for name, value in os.environ.items() if value}
    file = {name.upper() for name, value in _read(env_file).items() if value}
    return {
        field: "environment" if name in environment else ".env" if name in file else "default"
        for field, name in ((field, setting_name(field)) for field in Settings.model_fields)
    }


def _read(env_file: Path | None) -> dict[str, str | None]:
    if env_file is None or not env_file.is_file():
        return {}
    try:
        return dotenv_values(env_file)
    except (OSError, UnicodeError):
        raise BadConfiguration(f"{env_file}: cannot be read.") from None


def _refuse_open_secrets(env_file: Path) -> None:
    given = {name.upper() for name, value in _read(env_file).items() if value}
    holds_secrets = not given.isdisjoint(map(setting_name, _SECRETS))
    if holds_secrets and stat.S_IMODE(env_file.stat().st_mode) & OTHERS:
        raise BadConfiguration(
            f"{env_file} holds secrets and can be read by others. Run: chmod 600 {env_file}"
        )


def _refuse_unknown_names(env_file: Path | None) -> None:
    known = {setting_name(field) for field in Settings.model_fields}
    given = {name.upper() for name in os.environ}
    given |= {name.upper() for name in _read(env_file)}
    problems = [
        _unknown(name, known)
        for name in sorted(given - known)
        if name.startswith(PREFIX) and not name.startswith(_FOR_TESTS)
    ]
    if problems:
        raise BadConfiguration(*problems)


def _unknown(name: str, known: set[str]) -> str:
    endings = [it.removeprefix(PREFIX) for it in known]
    similar = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
    hint = f"Did you mean {PREFIX}{similar[0]}?" if similar else "`hexkey config show` lists all."
    return f"{name} is not a setting. {hint}"


def _sentence(error: ErrorDetails) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    return f"{setting_name(str(error['loc'][0]))}: {reason}" if error["loc"] else reason


def setting_name(field: str) -> str:
    """The environment variable that sets `field`."""
    return PREFIX + field.upper()
