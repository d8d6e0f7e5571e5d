"""Resolving: from a bearer token to whoever it stands for, at every request."""

from dataclasses import dataclass

from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.sessions import SignedInDirectory
from hexkey.application.ports.system import Clock
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.domain.sessions.access_token import (
    AccessTokenClaims,
    InvalidToken,
    Principal,
    UnknownSigningKey,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveToken:
    """Find out who sent a token, and refuse those who may no longer be here."""

    verifier: AccessTokenVerifier
    signed_in: SignedInDirectory
    reload_keys: ReloadKeys
    clock: Clock

    async def __call__(self, *, token: str) -> Principal:
        """Return who makes this request.

        Raises:
            TokenExpired: if the token was good once.
            InvalidToken: if it never was, or its session ended, or its user is disabled or gone.
        """
        claims = await self._verified(token)
        now = self.clock.now()
        claims.ensure_current(now=now)
        found = await self.signed_in.find(claims.session)
        if (
            found is None
            or found.user.id != claims.subject
            or not found.user.is_active
            or not found.session.is_live(now=now)
        ):
            raise InvalidToken
        return Principal(user=found.user, session=claims.session, scopes=claims.scopes)

    async def _verified(self, token: str) -> AccessTokenClaims:
        try:
            return self.verifier.verify(token)
        except UnknownSigningKey:
            if not await self.reload_keys.if_due():
                raise
            return self.verifier.verify(token)
