"""Domain values with everything filled in, so that a test names only what it is about."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import KeyId, SessionId, UserId
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, SigningKey
from hexkey.domain.sessions.session import Session, SessionPolicy
from tests.support.doubles import START

BCRYPT_HASH = PasswordHash("$bcrypt-sha256$v=2,t=2b,r=12$" + "s" * 22 + "$" + "d" * 31)
ARGON2_HASH = PasswordHash("$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$ZGlnZXN0")

SESSION_LIFETIME = timedelta(days=30)

_numbers = count(1)


def an_id() -> str:
    """An id that no other call returns; later ones sort after earlier ones."""
    return f"00000000-0000-7000-9000-{next(_numbers):012x}"


def a_username(value: str) -> Username:
    """A name whose key and skeleton are its own lower-cased spelling."""
    return Username(value=value, key=value.lower(), skeleton=f"~{value.lower()}")


def an_email(value: str) -> EmailAddress:
    """An address whose key is its lower-cased spelling."""
    return EmailAddress(value=value, key=value.lower())


def a_user(
    *,
    id: UserId | None = None,
    username: Username | str | None = "",
    email: EmailAddress | str | None = None,
    password: PasswordHash | None = BCRYPT_HASH,
    now: datetime = START,
    **facts: Any,
) -> User:
    """An active user with a name nobody else has, unless one is given; `None` for no name."""
    known_as = id or UserId(an_id())
    if username == "":
        username = f"user-{known_as[-12:]}"
    return User(
        id=known_as,
        username=a_username(username) if isinstance(username, str) else username,
        email=an_email(email) if isinstance(email, str) else email,
        password=password,
        created_at=now,
        updated_at=now,
        **facts,
    )


def a_session(
    *,
    user: User,
    now: datetime = START,
    lifetime: timedelta = SESSION_LIFETIME,
    idle: timedelta | None = None,
    ended_at: datetime | None = None,
    **facts: Any,
) -> Session:
    """A session of `user` that begins now."""
    policy = SessionPolicy(idle=idle or lifetime, absolute=lifetime)
    opened = Session.opened(id=SessionId(an_id()), user=user.id, policy=policy, now=now)
    return replace(opened, ended_at=ended_at, **facts)


def a_signing_key(
    *,
    algorithm: SigningAlgorithm = SigningAlgorithm.ES256,
    state: KeyState = KeyState.SIGNING,
    now: datetime = START,
) -> SigningKey:
    """A key that looks like one; nothing can be signed with it."""
    number = next(_numbers)
    return SigningKey(
        id=KeyId(f"{number:043d}"),
        algorithm=algorithm,
        state=state,
        public_jwk={"kty": "EC", "crv": "P-256", "x": f"x{number}", "y": f"y{number}"},
        sealed_private_key=SealedKey(b"\x00sealed\xff" + str(number).encode()),
        created_at=now,
        state_since=now,
    )
