"""The pair of tokens that stands for a session."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.ports.refresh_tokens import RefreshTokens
from hexkey.application.ports.sessions import SignedIn
from hexkey.application.ports.system import IdGenerator
from hexkey.application.ports.tokens import AccessTokenSigner
from hexkey.domain.identifiers import SessionId, TokenId
from hexkey.domain.sessions.access_token import AccessTokenClaims


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPolicy:
    """What every access token of this deployment has in common.

    Attributes:
        lifetime: also how long a resource server that verifies offline, and reads no revocations,
            believes a dead session.
        scopes: those that a user may ask for.
    """

    issuer: str
    audience: str
    client_id: str
    lifetime: timedelta
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTokens:
    """What a client holds, and what it needs to know about it.

    Attributes:
        expires_in: of the access token, from the moment of issuing.
        scopes: what was granted, which may be less than what was asked for.
        device_token: by which the device is known the next time; of a sign-in only.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: timedelta
    scopes: frozenset[str]
    session: SessionId
    device_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTokens:
    """Write the tokens of a session."""

    signer: AccessTokenSigner
    refresh_tokens: RefreshTokens
    ids: IdGenerator
    policy: TokenPolicy

    def __call__(self, signed_in: SignedIn, *, refresh_number: int, now: datetime) -> IssuedTokens:
        """Return an access token that begins `now`, and the refresh token of that number.

        Raises:
            TemporarilyUnavailable: if there is no key to sign with.
        """
        session, claims = signed_in.session, self._claims(signed_in, now)
        return IssuedTokens(
            access_token=self.signer.sign(claims),
            refresh_token=self.refresh_tokens.write(session.id, refresh_number),
            expires_in=claims.expires_at - claims.issued_at,
            scopes=claims.scopes,
            session=session.id,
        )

    def _claims(self, signed_in: SignedIn, now: datetime) -> AccessTokenClaims:
        issued_at, end = now.replace(microsecond=0), signed_in.session.expires_at
        # Whoever is about to be erased may sign in to change their mind, and for nothing else.
        leaving = signed_in.user.is_leaving
        return AccessTokenClaims(
            id=TokenId(self.ids.new()),
            issuer=self.policy.issuer,
            audience=self.policy.audience,
            subject=signed_in.user.id,
            client_id=self.policy.client_id,
            session=signed_in.session.id,
            issued_at=issued_at,
            # Whoever verifies offline knows of no session, and must not outlast this one.
            expires_at=min(issued_at + self.policy.lifetime, _rounded_up(end)),
            scopes=frozenset() if leaving else signed_in.session.scopes,
            roles=frozenset() if leaving else signed_in.user.roles,
            authenticated_at=signed_in.session.authenticated_at.replace(microsecond=0),
        )


def _rounded_up(instant: datetime) -> datetime:
    """`instant` in whole seconds, never earlier."""
    return instant.replace(microsecond=0) + timedelta(seconds=bool(instant.microsecond))
