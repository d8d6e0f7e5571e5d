"""The master secret and the data folder: found, made, or a reason not to start (decision D13)."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hexkey.application.ports.system import SecretGenerator
from hexkey.entrypoints.setting_values import is_loopback
from hexkey.entrypoints.settings import OTHERS, BadConfiguration, Settings

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
    if settings.embedded and _open_to_others(settings.database_file):
        path = settings.database_file
        problems.append(f"{path} can be read by others. Run: chmod 600 {path}")
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
    """The URL of the database; the file of the embedded one exists afterwards, closed to others.

    Raises:
        BadConfiguration: if its folder or it cannot be made.
    """
    if settings.database_url is None:
        data_folder(settings)
        # An empty file is an empty database; SQLite itself would make one that others can read.
        with _reasoned("HEXKEY_DATA_DIR"):
            settings.database_file.touch(mode=0o600)
    return settings.database


def data_folder(settings: Settings) -> Path:
    """The data folder, made on first use and closed to others.

    Raises:
        BadConfiguration: if it cannot be made or written to.
    """
    folder = settings.data_dir.absolute()
    with _reasoned("HEXKEY_DATA_DIR"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadConfiguration("HEXKEY_DATA_DIR: cannot write to the folder.")
    return folder


def _made_once(path: Path, secrets: SecretGenerator) -> bytes:
    if not path.exists():
        with _reasoned(str(path)):
            _make(path, secrets.secret())
    return _strong(_read(path), str(path), strict=False)


def _make(path: Path, secret: str) -> None:
    """Write `secret` to a new file, durably; if somebody else was faster, theirs stays."""
    # Not named after the process: instances in containers have the same number.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # is 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # atomic: of several instances that start at once, one wins
    finally:
        os.unlink(draft)  # noqa: PTH108 - mkstemp gives a name, not a Path
    _make_durable(path.parent)


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reasoned(name: str) -> Iterator[None]:
    """Turn what the file system refuses into a sentence about `name`."""
    try:
        yield
    except OSError as error:
        raise BadConfiguration(f"{name}: cannot be made ({error.strerror}).") from None


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read ({error.strerror}).") from None
    if _open_to_others(path):
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
