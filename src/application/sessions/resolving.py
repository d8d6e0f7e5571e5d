"""Resolving: from a bearer token to whoever it stands for, at every request."""

from dataclasses import dataclass, replace
from datetime import datetime

from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.sessions import SignedIn, SignedInDirectory
from hexkey.application.ports.system import Clock
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.application.sessions.sightings import RecentSightings
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
    sightings: RecentSightings
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
        if found is None or found.user.id != claims.subject or not self._stands(found, now=now):
            raise InvalidToken
        if found.session.is_due_to_be_seen(now=now):
            self.sightings.note(found.session, now=now)
        return Principal(
            user=found.user,
            session=claims.session,
            scopes=frozenset() if found.user.is_leaving else claims.scopes,
            proved_at=found.session.authenticated_at,
        )

    def _stands(self, found: SignedIn, *, now: datetime) -> bool:
        """Whether they may be here, also while nobody has written down that they were here."""
        if found.stands(now=now):
            return True
        session = self.sightings.brought_up_to_date(found.session)
        return replace(found, session=session).stands(now=now)

    async def _verified(self, token: str) -> AccessTokenClaims:
        try:
            return self.verifier.verify(token)
        except UnknownSigningKey:
            if not await self.reload_keys.if_due():
                raise
            return self.verifier.verify(token)
