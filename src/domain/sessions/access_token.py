"""What an access token says, when it may be believed, and whom it stands for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from hexkey.domain.access import POWERLESS, Authority, Role
from hexkey.domain.accounts.user import User
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import SessionId, TokenId, UserId
from hexkey.domain.sessions.api_key import ApiKey, KeyKind
from hexkey.domain.sessions.session import is_recent

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)  # ASVS 7.4.1: resource servers verify offline
CLOCK_SKEW = timedelta(seconds=30)  # RFC 7519 §4.1.4 allows "some small leeway"
MAX_TOKEN_OCTETS = 8192  # longer ones are refused before they are decoded


class InvalidToken(HexkeyError):
    """Forged, foreign, malformed, or of a user or session that is no more."""

    code: ClassVar[str] = "invalid_token"
    message: ClassVar[str] = "Invalid token"


class TokenExpired(InvalidToken):
    """Ours and intact, but its time is over."""

    code: ClassVar[str] = "token_expired"
    message: ClassVar[str] = "Token expired"


class UnknownSigningKey(InvalidToken):
    """Signed by a key we do not hold; another instance may have made it a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenClaims:
    """The claims of RFC 9068 §2.2 that Hexkey issues and demands.

    Attributes:
        expires_at: UTC, whole seconds, the first instant at which it is refused.
        roles: as of issuing, for resource servers; Hexkey itself asks the store.
        authenticated_at: when the user had last proved who they are, as of issuing; whole seconds.
    """

    id: TokenId
    issuer: str
    audience: str
    subject: UserId
    client_id: str
    session: SessionId
    issued_at: datetime
    expires_at: datetime
    scopes: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    authenticated_at: datetime

    def ensure_current(self, *, now: datetime) -> None:
        """Check the claims against the clock, with `CLOCK_SKEW` on either side.

        Raises:
            TokenExpired: if its time is over.
            InvalidToken: if it comes from the future.
        """
        if now >= self.expires_at + CLOCK_SKEW:
            raise TokenExpired
        if now < self.issued_at - CLOCK_SKEW:
            raise InvalidToken


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is making a request, and what this request may do.

    Attributes:
        user: as stored, at most a second ago, and active.
        session: `None` when a password, or an API key, came with the request itself.
        scopes: what the token was granted.
        proved_at: when the user last proved who they are.
        key: by which API key the request came, if it did: then it may do what `scopes` say, and
            nothing that only the user may do.
        authority: what the caller's roles permit, where the route asks for a permission.
    """

    user: User
    session: SessionId | None
    scopes: frozenset[str]
    proved_at: datetime
    key: ApiKey | None = None
    authority: Authority = POWERLESS

    def is_fresh(self, *, now: datetime, within: timedelta) -> bool:
        """Whether sensitive acts need no other proof.

        A program cannot give one: the operator who made a service's key has decided that; a
        personal token is never enough.
        """
        if self.key is not None:
            return self.key.kind is KeyKind.SERVICE
        return is_recent(self.proved_at, now=now, within=within)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles the user has now, whatever the token was issued with.

        None when leaving, and none by an API key, which may be meant for less.
        """
        none = self.user.is_leaving or self.key is not None
        return frozenset() if none else self.user.roles
