"""User names: what is shown, what must be unique, and what looks the same."""

from dataclasses import dataclass
from typing import ClassVar

from hexkey.domain.errors import HexkeyError

MAX_USERNAME_LENGTH = 64  # code points, of the name as typed and of its canonical form
MAX_SKELETON_LENGTH = 512  # code points; some characters look like several others

# Names that a reader would take for the operator, or that stand in a URL where a name could.
RESERVED_USERNAMES = frozenset(
    [
        "abuse",
        "admin",
        "administrator",
        "anonymous",
        "api",
        "hexkey",
        "hostmaster",
        "me",
        "null",
        "postmaster",
        "root",
        "security",
        "self",
        "settings",
        "staff",
        "support",
        "sysadmin",
        "system",
        "undefined",
        "webmaster",
    ]
)


class InvalidUsername(HexkeyError):
    """The name is empty, too long, reserved, looks like an address, or mixes scripts."""

    code: ClassVar[str] = "invalid_username"
    message: ClassVar[str] = "This user name cannot be used."


@dataclass(frozen=True, slots=True)
class Username:
    """A name by which exactly one user is known.

    Made by the `UsernameSyntax` port from outside text; the constructor is for rows already
    known good.

    Attributes:
        value: as typed, for showing (NFC).
        key: the canonical form; two users never share one (RFC 8265 §3.3, case-mapped).
        skeleton: what it looks like; two users never share one (UTS #39 §4).
    """

    value: str
    key: str
    skeleton: str


def ensure_usable(name: Username) -> Username:
    """`name`, if it can be told from an address and fits everywhere.

    Raises:
        InvalidUsername: if it is empty, too long, or could be taken for an e-mail address.
    """
    too_long = max(len(name.value), len(name.key)) > MAX_USERNAME_LENGTH
    too_long |= len(name.skeleton) > MAX_SKELETON_LENGTH
    if not name.key or too_long or "@" in name.key:
        raise InvalidUsername
    return name


def ensure_not_reserved(name: Username) -> Username:
    """`name`, if a stranger may take it; operators may give any name.

    Raises:
        InvalidUsername: if readers would take its bearer for the operator.
    """
    # UTS #39 writes `m` as `rn`, and no other letter of the reserved names differently.
    looks_like = name.skeleton.replace("rn", "m")
    if not RESERVED_USERNAMES.isdisjoint({name.key, looks_like}):
        raise InvalidUsername
    return name
