"""What a deployment may decide, and the only place that reads the environment."""

import difflib
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hexkey.domain.access import MAX_SCOPES_LENGTH, is_scope_name
from hexkey.domain.accounts.password import MIN_PASSWORD_LENGTH_FLOOR
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import CLOCK_SKEW
from hexkey.entrypoints.setting_values import (
    STORAGE_BY_SCHEME,
    adapter_choices,
    database_address,
    exact_origin,
    host_name,
    network,
    public_url,
    root_path,
    strict_bool,
    words,
)

PREFIX = "HEXKEY_"
OTHERS = 0o077  # the permissions of everybody but the owner
DATABASE_FILE = "hexkey.db"
_SECRETS = ("master_secret", "master_secret_previous", "database_url")
_LEAST_RETENTION = 2 * CLOCK_SKEW // timedelta(seconds=1)  # as `oldest_that_matters` says
_FOR_TESTS = "HEXKEY_TEST_"  # read by the test suite, not by the service

Flag = Annotated[bool, BeforeValidator(strict_bool)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(exact_origin)], ...], NoDecode, BeforeValidator(words)
]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(host_name)], ...], NoDecode, BeforeValidator(words)
]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(network)], ...], NoDecode, BeforeValidator(words)
]
Scopes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]
Url = Annotated[str, AfterValidator(public_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(database_address)]
Prefix = Annotated[str, AfterValidator(root_path)]
Choices = Annotated[dict[str, str], NoDecode, BeforeValidator(adapter_choices)]


class BadConfiguration(Exception):
    """The service cannot start like this.

    Attributes:
        problems: one sentence each, naming the setting and never its value.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Every setting, from `HEXKEY_…` in the environment or in a file `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore"
    )

    environment: Literal["development", "production"] = Field(
        "development", description="`production` switches the strict start-up rules on."
    )
    data_dir: Path = Field(
        Path("hexkey-data"),
        description="Folder of the embedded database and of the generated master secret.",
    )
    database_url: DatabaseUrl | None = Field(
        None,
        description="`postgresql://user:password@host/name`, `sqlite:///path` or `memory://` (a "
        "throw-away node). Without it: `hexkey.db` in the data folder.",
    )
    master_secret: SecretStr | None = Field(
        None,
        description="At least 32 bytes; every key is derived from it. Without it, one is made at "
        "first start in the data folder (not in production).",
    )
    master_secret_file: Path | None = Field(
        None, description="A file that holds the master secret and that nobody else can read."
    )
    master_secret_previous: SecretStr | None = Field(
        None,
        description="The other secret of a rotation: what it made is still read, and nothing is "
        "made with it. `hexkey keys rotate-master` explains.",
    )
    master_secret_previous_file: Path | None = Field(
        None, description="A file that holds it and that nobody else can read."
    )
    public_url: Url = Field(
        "http://127.0.0.1:8000",
        description="Where people reach the service: the issuer of tokens, the base of links.",
    )
    root_path: Prefix = Field(
        "", description="The prefix under which a proxy or a host application serves Hexkey."
    )
    service_name: str = Field(
        "Hexkey",
        min_length=1,
        max_length=64,
        description="What the service calls itself; nobody may use it as a password.",
    )
    audience: str | None = Field(
        None, description="The `aud` of access tokens. Without it: the public URL."
    )
    scopes: Scopes = Field(
        (),
        description="The scopes a user may ask for, separated by commas; no others are granted.",
    )
    signing_algorithm: SigningAlgorithm = Field(
        SigningAlgorithm.ES256,
        description="`ES256`, `EdDSA`, `RS256`; or `HS256` when no one else verifies tokens.",
    )
    signing_key_lifetime: int = Field(
        7_776_000,
        ge=86_400,
        le=63_072_000,
        description="How long a key signs before the next one does, in seconds.",
    )
    access_token_ttl: int = Field(
        900, ge=10, le=3600, description="Lifetime of an access token, in seconds."
    )
    refresh_token_ttl: int = Field(
        2_592_000,
        ge=60,
        le=31_536_000,
        description="How long a session lasts at most, however much it is used, in seconds.",
    )
    refresh_token_idle: int = Field(
        1_209_600,
        ge=60,
        le=31_536_000,
        description="How long a session lasts without being used, in seconds.",
    )
    session_retention: int = Field(
        87_300,
        le=31_536_000,
        description="How long a session that is over is kept, in seconds; longer than an access "
        "token lives by a minute or more, so that whoever verifies offline hears of its end.",
    )
    password_hasher: str = Field(
        "bcrypt", description="`bcrypt`, `argon2id`, or the name of an installed adapter."
    )
    bcrypt_cost: int = Field(12, ge=10, le=16, description="log2 of the number of bcrypt rounds.")
    hashing_workers: int | None = Field(
        None, ge=1, le=64, description="Threads that hash passwords. Without it: one a core."
    )
    password_min_length: int = Field(
        MIN_PASSWORD_LENGTH_FLOOR,
        ge=MIN_PASSWORD_LENGTH_FLOOR,
        le=64,
        description="Least characters of a new password; 15 is the advice without a second factor.",
    )
    registration: Literal["open", "closed"] = Field(
        "open", description="Whether strangers may register."
    )
    username_required: Flag = Field(False, description="Refuse a registration without user name.")
    email_required: Flag = Field(False, description="Refuse a registration without e-mail address.")
    password_form: Flag = Field(
        True, description="Offer `POST /token`, the form that FastAPI clients and Swagger UI use."
    )
    http_basic: Flag = Field(
        False, description="Accept `Authorization: Basic` on protected routes, for scripts."
    )
    cors_origins: Origins = Field(
        (), description="Origins whose pages may call the API, exact, separated by commas."
    )
    allowed_hosts: Hosts = Field(
        (), description="Further host names to answer to, besides that of the public URL."
    )
    trusted_proxies: Networks = Field(
        (), description="Addresses or networks whose `X-Forwarded-For` is believed."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="`redis://host:6379/0`: carries the news of ended sessions between nodes. "
        "Without it: PostgreSQL's own notifications, or a look into the database twice a second.",
    )
    docs: Flag | None = Field(
        None,
        description="Serve `/docs` and `/openapi.json`. Without it: everywhere but in production.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe message that is logged."
    )
    log_format: Literal["json", "text"] = Field(
        "json", description="One JSON object a line, or lines for a terminal."
    )
    access_log: Flag = Field(False, description="Log every request, without its query.")
    adapters: Choices = Field(
        {},
        description="Replacements by a package of your own: `port=name`, separated by commas; a "
        "name is an entry point of the group `hexkey.adapters` or a dotted path `package:factory`.",
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.master_secret is not None and self.master_secret_file is not None:
            raise ValueError("give HEXKEY_MASTER_SECRET or HEXKEY_MASTER_SECRET_FILE, not both")
        if None not in (self.master_secret_previous, self.master_secret_previous_file):
            raise ValueError(
                "give HEXKEY_MASTER_SECRET_PREVIOUS or HEXKEY_MASTER_SECRET_PREVIOUS_FILE, not both"
            )
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
    def registration_open(self) -> bool:
        """Whether strangers may register."""
        return self.registration == "open"

    @property
    def hashing_threads(self) -> int:
        """How many passwords are hashed at a time."""
        return self.hashing_workers or _usable_cores()

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that requests may name."""
        own = urlsplit(self.public_url).hostname or ""
        loopback = () if self.in_production else ("127.0.0.1", "localhost", "::1", "testserver")
        return frozenset({own, *loopback, *self.allowed_hosts})


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
