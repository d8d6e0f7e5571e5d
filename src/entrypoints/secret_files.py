"""Files that hold a secret: made, replaced and read, so that no crash and no race loses one."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hexkey.entrypoints.settings import OTHERS, BadConfiguration


def read_secret(path: Path) -> bytes:
    """What is in `path`, which nobody else can read.

    Raises:
        BadConfiguration: if it cannot be read, or by others, too.
    """
    try:
        content = path.read_bytes().strip()
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read ({error.strerror}).") from None
    if is_open_to_others(path):
        raise BadConfiguration(f"{path} can be read by others. Run: chmod 600 {path}")
    return content


def make_once(path: Path, secret: str) -> None:
    """Write `secret` to a new file, durably; if somebody else was faster, theirs stays.

    Raises:
        BadConfiguration: if it cannot be made.
    """
    with reasoned(str(path)), _opened(path.parent) as folder:
        with _draft(path, secret) as draft, suppress(FileExistsError):
            os.link(draft, path)  # atomic: of several instances that start at once, one wins
        os.fsync(folder)


def replace_and_keep(present: Path, kept: Path, secret: str) -> bool:
    """Put `secret` in the place of the one in `present`, which `kept` has from then on.

    At every moment, also of a crash, what a start needs is there.

    Returns:
        False, and nothing was changed, if an earlier secret is still kept.

    Raises:
        BadConfiguration: if the files cannot be made.
    """
    with reasoned(str(kept)), _opened(present.parent) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two at once would lose the secret of the first
        # The same file under both names is what a crash in the middle leaves.
        if kept.exists() and not kept.samefile(present):
            return False
        with _draft(present, secret) as draft:
            with suppress(FileExistsError):
                os.link(present, kept)
            os.fsync(folder)
            os.replace(draft, present)  # noqa: PTH105 - mkstemp gives a name, not a Path
        os.fsync(folder)
    return True


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but its owner may read or write `path`, if it is there."""
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)


@contextmanager
def reasoned(name: str) -> Iterator[None]:
    """Turn what the file system refuses into a sentence about `name`."""
    try:
        yield
    except OSError as error:
        raise BadConfiguration(f"{name}: cannot be made ({error.strerror}).") from None


@contextmanager
def _draft(path: Path, secret: str) -> Iterator[str]:
    """A durable file with `secret` beside `path`, for as long as nobody has moved it there."""
    # Not named after the process: instances in containers have the same number.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # is 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        Path(draft).unlink(missing_ok=True)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
