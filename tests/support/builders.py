"""Domain values with everything filled in, so that a test names only what it is about."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import LIFETIMES, OneTimeToken, Purpose
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import Username
from hexkey.domain.authentication.throttle import Budget, Charge
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId, KeyId, MessageId, SessionId, TokenId, UserId
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, SigningKey
from hexkey.domain.outbox import Channel, Message
from hexkey.domain.sessions.session import Session, SessionPolicy
from hexkey.domain.webhooks import WebhookEndpoint
from tests.support.doubles import START

BCRYPT_HASH = PasswordHash("$bcrypt-sha256$v=2,t=2b,r=12$" + "s" * 22 + "$" + "d" * 31)
ARGON2_HASH = PasswordHash("$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$ZGlnZXN0")

MESSAGE_LIFETIME = timedelta(days=3)
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


def a_one_time_token(
    *,
    purpose: Purpose = Purpose.RESET_PASSWORD,
    subject: str | None = None,
    user: User | None = None,
    address: EmailAddress | None = None,
    now: datetime = START,
    **facts: Any,
) -> OneTimeToken:
    """A token made now, about a subject that no other token has, unless one is given."""
    number = next(_numbers)
    goes_to = address or (user and user.email) or an_email(f"token-{number}@example.com")
    return OneTimeToken(
        id=TokenId(an_id()),
        purpose=purpose,
        subject=goes_to.key if subject is None else subject,
        user=None if user is None else user.id,
        address=goes_to,
        credential_version=None if user is None else user.credential_version,
        digest=f"{number:064x}",
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
        **facts,
    )


def a_message(
    *,
    channel: Channel = Channel.MAIL,
    recipient: str | None = None,
    now: datetime = START,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    **facts: Any,
) -> Message:
    """A message queued now and due now, to a recipient nobody else has unless one is given."""
    known_as = MessageId(an_id())
    goes_to = recipient or f"Message-{known_as[-12:]}@example.com"
    return Message(
        id=known_as,
        channel=channel,
        kind=facts.pop("kind", "password_changed"),
        recipient=goes_to,
        recipient_key=goes_to.lower(),
        created_at=now,
        due_at=due_at or now,
        expires_at=expires_at or now + MESSAGE_LIFETIME,
        **facts,
    )


def an_endpoint(*events: EventType, now: datetime = START) -> WebhookEndpoint:
    """A webhook that wants `events`, or to hear of new users."""
    known_as = EndpointId(an_id())
    return WebhookEndpoint(
        id=known_as,
        url=f"https://example.com/{known_as}",
        events=frozenset(events or (EventType.USER_CREATED,)),
        sealed_secret=b"\x00sealed\xff" + known_as.encode(),
        created_at=now,
    )


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


def a_charge(*, key: str = "ann", free: int = 0) -> Charge:
    """An attempt counted under `key`."""
    return Charge(key=key, budget=Budget(free=free))
