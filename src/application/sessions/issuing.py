"""Signing in: opening a session and issuing its first token."""

from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.authentication.authenticate import Authenticate
from hexkey.application.ports.sessions import SessionStore
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.application.ports.tokens import AccessTokenSigner
from hexkey.domain.access import granted_scopes
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.identifiers import SessionId, TokenId
from hexkey.domain.sessions.access_token import AccessTokenClaims
from hexkey.domain.sessions.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPolicy:
    """What every access token of this deployment has in common.

    Attributes:
        lifetime: also how long a resource server that verifies offline believes a dead session.
        scopes: those that a user may ask for.
    """

    issuer: str
    audience: str
    client_id: str
    lifetime: timedelta
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A bearer token and what its holder needs to know about it.

    Attributes:
        expires_in: from the moment of issuing.
        scopes: what was granted, which may be less than what was asked for.
    """

    access_token: str = field(repr=False)
    expires_in: timedelta
    scopes: frozenset[str]
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Trade a login name and a password for a session."""

    authenticate: Authenticate
    store: SessionStore
    signer: AccessTokenSigner
    ids: IdGenerator
    clock: Clock
    policy: TokenPolicy

    async def __call__(
        self, *, login: str, password: str, scope: str = "", address: str | None = None
    ) -> IssuedToken:
        """Return the session's first access token.

        Args:
            scope: what is asked for, separated by spaces; what is unknown is not granted.

        Raises:
            InvalidCredentials, TooManyAttempts, HashingOverloaded: as `Authenticate`.
            TemporarilyUnavailable: if there is no key to sign with, or the store is away; no
                session was opened.
        """
        user = await self.authenticate(login=login, password=password, address=address)
        scopes = granted_scopes(scope, allowed=self.policy.scopes)
        now = self.clock.now()
        session = Session.opened(id=SessionId(self.ids.new()), user=user.id, now=now)
        token = await self._open(session, scopes, proved=user)
        return IssuedToken(
            access_token=token,
            expires_in=self.policy.lifetime,
            scopes=scopes,
            session=session.id,
        )

    async def _open(self, session: Session, scopes: frozenset[str], *, proved: User) -> str:
        async with self.store.begin() as transaction:
            current = await transaction.users.find(proved.id)
            # Hashing took a while: a password change or a disabling in between must win.
            if current is None or not current.accepts_proof_for(proved):
                raise InvalidCredentials
            await transaction.sessions.add(session)
            # Before the commit: no session without its token.
            token = self.signer.sign(self._claims(current, session, scopes))
            await transaction.commit()
        return token

    def _claims(self, user: User, session: Session, scopes: frozenset[str]) -> AccessTokenClaims:
        issued_at = session.created_at.replace(microsecond=0)
        return AccessTokenClaims(
            id=TokenId(self.ids.new()),
            issuer=self.policy.issuer,
            audience=self.policy.audience,
            subject=user.id,
            client_id=self.policy.client_id,
            session=session.id,
            issued_at=issued_at,
            expires_at=issued_at + self.policy.lifetime,
            scopes=scopes,
            roles=user.roles,
        )
