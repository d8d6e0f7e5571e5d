"""What a deployment may decide about the service itself: the fields, without what follows."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from hexkey.domain.accounts.password import MIN_PASSWORD_LENGTH_FLOOR
from hexkey.domain.keys import SigningAlgorithm
from hexkey.entrypoints.setting_values import (
    Choices,
    DatabaseUrl,
    Flag,
    Hosts,
    Networks,
    Origins,
    Prefix,
    Scopes,
    Url,
)


class ServiceSettings(BaseSettings):
    """Where it runs, whom it answers to, and how people prove who they are."""

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
    audit_retention: int = Field(
        31_536_000,
        ge=86_400,
        le=315_360_000,
        description="How long an event of the audit trail is kept, in seconds; a year.",
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
    breached_passwords_file: Path | None = Field(
        None,
        description="A filter of passwords known from breaches, which nobody may choose; made by "
        "`hexkey passwords build-filter`.",
    )
    breached_passwords_api: Url | None = Field(
        None,
        description="A range API to ask likewise, such as `https://api.pwnedpasswords.com/range`: "
        "it is told 5 of 40 digits of a digest. While it is away, passwords are accepted.",
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
        description="`redis://host:6379/0`: carries the news of ended sessions between nodes, and "
        "counts failed attempts. Without it: PostgreSQL's own notifications, or a look into the "
        "database twice a second; and counters in the database.",
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
