"""Passwords: what may become one, and what stands for one at rest."""

import re
from dataclasses import dataclass, field
from typing import ClassVar, NewType

from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from hexkey.domain.text import composed, has_control_characters

MIN_PASSWORD_LENGTH_FLOOR = 8  # code points; NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2.1
MAX_PASSWORD_LENGTH = 256  # code points; ASVS 6.2.9 wants at least 64
MAX_PASSWORD_OCTETS = 1024  # of UTF-8, so that a hash is never computed over a novel
MAX_HASH_LENGTH = 255  # characters of an encoded hash; every known shape fits twice
MAX_SCHEME_LENGTH = 64

PasswordHash = NewType("PasswordHash", str)
"""A whole encoded hash: algorithm, parameters, salt and digest in one string."""

PasswordScheme = NewType("PasswordScheme", str)
"""The part of a hash that decides its cost: algorithm and parameters, without salt and digest."""

# The three shapes that Hexkey makes or imports, and that of a deployment's own hasher in the PHC
# string format; what stands before the salt is the scheme.
_HASH = re.compile(
    r"""
      (\$bcrypt-sha256\$v=2,t=2b,r=[0-9]{1,2}\$)                [./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}
    | (\$argon2id\$v=19\$m=[0-9]{1,10},t=[0-9]{1,10},p=[0-9]{1,8}\$) [+/A-Za-z0-9]+\$[+/A-Za-z0-9]+
    | (\$2[aby]\$[0-9]{2}\$)                                     [./A-Za-z0-9]{53}
    | (\$(?!bcrypt|argon2)[a-z][a-z0-9-]{1,15}\$(?:v=[0-9]{1,3}\$)?
        [a-z]{1,2}=[0-9]{1,8}(?:,[a-z]{1,2}=[0-9]{1,8}){0,2}\$) [+/A-Za-z0-9]+\$[+/A-Za-z0-9]+
    """,
    re.VERBOSE,
)


class PasswordRejected(HexkeyError):
    """A new password breaks a rule; each rule has a class of its own."""


class PasswordTooShort(PasswordRejected):
    """Fewer code points than the deployment asks for."""

    code: ClassVar[str] = "password_too_short"
    message: ClassVar[str] = "The password is too short."


class PasswordTooLong(PasswordRejected):
    """More than `MAX_PASSWORD_LENGTH` code points or `MAX_PASSWORD_OCTETS` octets."""

    code: ClassVar[str] = "password_too_long"
    message: ClassVar[str] = "The password is too long."


class PasswordCommon(PasswordRejected):
    """On the list of common passwords, or made of what everybody knows about the user."""

    code: ClassVar[str] = "password_common"
    message: ClassVar[str] = "The password is too easy to guess."


class PasswordBreached(PasswordRejected):
    """Somebody else's data breach has made it known, so that attackers try it."""

    code: ClassVar[str] = "password_breached"
    message: ClassVar[str] = "The password is known from a data breach of another service."


class HashingOverloaded(TemporarilyUnavailable):
    """Too many passwords wait to be hashed; none of this one's work was begun."""

    code: ClassVar[str] = "overloaded"
    message: ClassVar[str] = "Too many people are signing in. Try again in a moment."


class PasswordInvalid(PasswordRejected):
    """Holds control characters, which keyboards and forms do not pass on reliably."""

    code: ClassVar[str] = "password_invalid"
    message: ClassVar[str] = "The password contains control characters."


@dataclass(frozen=True, slots=True)
class Password:
    """A secret as its owner typed it, in NFC.

    NFC is the one change ever made to it (RFC 8265 §4.2), so that it does not matter whether a
    keyboard sends `é` as one code point or as two. Spaces and case stay as they are.

    Attributes:
        text: what is hashed. Never logged, never part of `repr`.
    """

    text: str = field(repr=False)

    @classmethod
    def typed(cls, text: str) -> "Password":
        """Read a password that is to be compared with a stored one.

        What is over long anyway stays as it was typed.
        """
        password = composed(text, most=MAX_PASSWORD_LENGTH)
        return cls(text if password is None else password)

    @property
    def over_long(self) -> bool:
        """Whether no account can have this password, so that hashing it would be wasted."""
        return (
            len(self.text) > MAX_PASSWORD_LENGTH
            or len(self.text.encode("utf-8", "surrogatepass")) > MAX_PASSWORD_OCTETS
        )


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The rules a new password must keep; there are none about its composition (ASVS 6.2.5).

    Attributes:
        minimum: code points, at least `MIN_PASSWORD_LENGTH_FLOOR`.
        service_name: what the service calls itself; nobody may use that as a password.
    """

    minimum: int = MIN_PASSWORD_LENGTH_FLOOR
    service_name: str = "hexkey"

    def __post_init__(self) -> None:
        if self.minimum < MIN_PASSWORD_LENGTH_FLOOR:
            raise ValueError(f"a minimum below {MIN_PASSWORD_LENGTH_FLOOR} is not safe")

    def accept(self, text: str, *, about_user: frozenset[str] = frozenset()) -> Password:
        """Read a new password.

        Whether it is on a list of common passwords is the caller's next question.

        Args:
            about_user: what is publicly known of its owner: names and address.

        Raises:
            PasswordRejected: the subclass tells the broken rule.
        """
        password = Password.typed(text)
        if password.over_long:
            raise PasswordTooLong
        if len(password.text) < self.minimum:
            raise PasswordTooShort
        if has_control_characters(password.text):
            raise PasswordInvalid
        forbidden = {known.casefold() for known in about_user | {self.service_name}}
        if password.text.casefold() in forbidden:
            raise PasswordCommon
        return password


def scheme_of(hashed: PasswordHash) -> PasswordScheme | None:
    """The scheme `hashed` names; `None` for what has the shape of no hash.

    Whether anybody can verify it is another question, and the hasher's to answer.
    """
    match = _HASH.fullmatch(hashed)
    return PasswordScheme(match[match.lastindex or 0]) if match else None
