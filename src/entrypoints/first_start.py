"""The master secret and the data folder: found, made, or a reason not to start (decision D13)."""

import logging
import os
from pathlib import Path

from hexkey.application.ports.system import SecretGenerator
from hexkey.entrypoints.secret_files import (
    is_open_to_others,
    make_once,
    read_secret,
    reasoned,
    replace_and_keep,
)
from hexkey.entrypoints.setting_values import is_loopback
from hexkey.entrypoints.settings import BadConfiguration, Settings

MIN_SECRET_BYTES = 32
_MIN_DISTINCT_BYTES = 10  # "aaaa…" and "change-me-change-me-…" are long, and are no secrets
_PLACEHOLDERS = (b"changeme", b"change-me", b"change_me", b"default", b"example", b"insecure")

_log = logging.getLogger("hexkey.settings")


def ensure_safe(settings: Settings) -> None:
    """Apply the start-up rules of production.

    Raises:
        BadConfiguration: naming every rule that is broken.
    """
    if not settings.in_production:
        return
    problems = []
    if settings.master_secret is None and settings.master_secret_file is None:
        problems.append(
            "HEXKEY_MASTER_SECRET or HEXKEY_MASTER_SECRET_FILE must be set in production. "
            "Make one with: openssl rand -base64 32"
        )
    if not settings.public_url.startswith("https://") and not is_loopback(settings.public_url):
        problems.append("HEXKEY_PUBLIC_URL must begin with https:// in production.")
    if settings.storage == "memory":
        problems.append("HEXKEY_DATABASE_URL: memory:// forgets every user; not in production.")
    if settings.embedded and is_open_to_others(settings.database_file):
        path = settings.database_file
        problems.append(f"{path} can be read by others. Run: chmod 600 {path}")
    if settings.registration in ("verified", "invited") and not settings.sends_mail:
        problems.append(
            f"HEXKEY_REGISTRATION={settings.registration} needs mail: set HEXKEY_SMTP_URL."
        )
    if problems:
        raise BadConfiguration(*problems)


def warn(settings: Settings) -> None:
    """Say loudly what is allowed, and hardly meant."""
    if not settings.sends_mail:
        _log.warning(
            "No mail can leave: forgotten passwords stay forgotten, and nobody is told of changes. "
            "Set HEXKEY_SMTP_URL; until then mails wait in the outbox until they expire."
        )


def readable_file(path: Path | None, setting: str) -> Path | None:
    """`path`, which is a file that can be read.

    Raises:
        BadConfiguration: if it is not.
    """
    if path is not None and not (path.is_file() and os.access(path, os.R_OK)):
        raise BadConfiguration(f"{setting}: there is no such file, or it cannot be read.")
    return path


def existing_folder(path: Path | None, setting: str) -> Path | None:
    """`path`, which is a folder.

    Raises:
        BadConfiguration: if it is not.
    """
    if path is not None and not path.is_dir():
        raise BadConfiguration(f"{setting}: there is no such folder.")
    return path


def master_secret(settings: Settings, secrets: SecretGenerator) -> bytes:
    """The secret of this deployment; made on the first start of a development one.

    Raises:
        BadConfiguration: if it is missing, weak, or readable by others.
    """
    ensure_safe(settings)
    if settings.master_secret is not None:
        given = settings.master_secret.get_secret_value().encode()
        return _strong(given, "HEXKEY_MASTER_SECRET", strict=settings.in_production)
    if settings.master_secret_file is not None:
        given = read_secret(settings.master_secret_file)
        return _strong(given, "HEXKEY_MASTER_SECRET_FILE", strict=settings.in_production)
    if settings.storage == "memory":
        return secrets.secret().encode()
    data_folder(settings)
    path = generated_secret_file(settings)
    if not path.exists():
        make_once(path, secrets.secret())
    return _strong(read_secret(path), str(path), strict=False)


def previous_master_secret(settings: Settings) -> bytes | None:
    """The secret with which nothing is made any more, while a rotation lasts.

    To be read after the present one: so a rotation that begins in between is not missed.

    Raises:
        BadConfiguration: if it cannot be used.
    """
    if settings.master_secret_previous is not None:
        given = settings.master_secret_previous.get_secret_value().encode()
        return _strong(given, "HEXKEY_MASTER_SECRET_PREVIOUS", strict=False)
    file = settings.master_secret_previous_file
    if file is None and has_generated_secret(settings) and kept_secret_file(settings).exists():
        file = kept_secret_file(settings)
    return None if file is None else _strong(read_secret(file), str(file), strict=False)


def has_generated_secret(settings: Settings) -> bool:
    """Whether the master secret is a file that the first start made."""
    given = settings.master_secret or settings.master_secret_file
    return given is None and settings.storage != "memory"


def kept_secret_file(settings: Settings) -> Path:
    """Where the generated master secret before the present one is, while a rotation lasts."""
    return settings.data_dir.absolute() / "master.secret.previous"


def generated_secret_file(settings: Settings) -> Path:
    """Where the master secret is that the first start of a development deployment made."""
    return settings.data_dir.absolute() / "master.secret"


def database_url(settings: Settings) -> str:
    """The URL of the database; the file of the embedded one exists afterwards, closed to others.

    Raises:
        BadConfiguration: if its folder or it cannot be made.
    """
    if settings.database_url is None:
        data_folder(settings)
        # An empty file is an empty database; SQLite itself would make one that others can read.
        with reasoned("HEXKEY_DATA_DIR"):
            settings.database_file.touch(mode=0o600)
    return settings.database


def data_folder(settings: Settings) -> Path:
    """The data folder, made on first use and closed to others.

    Raises:
        BadConfiguration: if it cannot be made or written to.
    """
    folder = settings.data_dir.absolute()
    with reasoned("HEXKEY_DATA_DIR"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadConfiguration("HEXKEY_DATA_DIR: cannot write to the folder.")
    return folder


def begin_secret_rotation(settings: Settings, secrets: SecretGenerator) -> bool:
    """Put a fresh secret in the place of the generated one, which is kept beside it.

    Returns:
        False, and nothing was changed, if an earlier secret is still kept.

    Raises:
        BadConfiguration: if the files cannot be made.
    """
    present, kept = generated_secret_file(settings), kept_secret_file(settings)
    return replace_and_keep(present, kept, secrets.secret())


def _strong(secret: bytes, name: str, *, strict: bool) -> bytes:
    if len(secret) < MIN_SECRET_BYTES:
        raise BadConfiguration(
            f"{name}: shorter than {MIN_SECRET_BYTES} bytes. Make one with: openssl rand -base64 32"
        )
    weak = len(set(secret)) < _MIN_DISTINCT_BYTES
    if strict and (weak or any(word in secret.lower() for word in _PLACEHOLDERS)):
        raise BadConfiguration(
            f"{name}: looks like a placeholder. Make one with: openssl rand -base64 32"
        )
    return secret
