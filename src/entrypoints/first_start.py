"""The master secret and the data folder: found, made, or a reason not to start (decision D13)."""

import os
import stat
from pathlib import Path

from hexkey.application.ports.system import SecretGenerator
from hexkey.entrypoints.setting_values import is_loopback
from hexkey.entrypoints.settings import BadConfiguration, Settings

MIN_SECRET_BYTES = 32
_MIN_DISTINCT_BYTES = 10  # "aaaa…" and "change-me-change-me-…" are long, and are no secrets
_PLACEHOLDERS = (b"changeme", b"change-me", b"change_me", b"default", b"example", b"insecure")


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
    if problems:
        raise BadConfiguration(*problems)


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
        given = _read(settings.master_secret_file)
        return _strong(given, "HEXKEY_MASTER_SECRET_FILE", strict=settings.in_production)
    if settings.storage == "memory":
        return secrets.secret().encode()
    data_folder(settings)
    return _made_once(generated_secret_file(settings), secrets)


def generated_secret_file(settings: Settings) -> Path:
    """Where the master secret is that the first start of a development deployment made."""
    return settings.data_dir.absolute() / "master.secret"


def database_url(settings: Settings) -> str:
    """The URL of the database; the folder of the embedded one exists afterwards.

    Raises:
        BadConfiguration: if the folder cannot be made.
    """
    if settings.database_url is None:
        data_folder(settings)
    return settings.database


def data_folder(settings: Settings) -> Path:
    """The data folder, made on first use and closed to others.

    Raises:
        BadConfiguration: if it cannot be made or written to.
    """
    folder = settings.data_dir.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(
            f"HEXKEY_DATA_DIR: cannot make the folder ({error.strerror})."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadConfiguration("HEXKEY_DATA_DIR: cannot write to the folder.")
    return folder


def _made_once(path: Path, secrets: SecretGenerator) -> bytes:
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # atomic: of several instances that start at once, one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _strong(_read(path), str(path), strict=False)


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        content = path.read_bytes().strip()
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read ({error.strerror}).") from None
    if stat.S_IMODE(mode) & 0o077:
        raise BadConfiguration(f"{path} can be read by others. Run: chmod 600 {path}")
    return content


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
