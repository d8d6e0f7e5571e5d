"""Resolving: from a bearer token to whoever it stands for, at every request."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.sessions import SessionStore, SignedInDirectory, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import (
    AccessTokenClaims,
    InvalidToken,
    Principal,
    UnknownSigningKey,
)
from hexkey.domain.sessions.session import Session, SessionPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSeen:
    """Note that a session is in use, so that it does not end for idleness."""

    store: SessionStore
    changes: StateChanges
    policy: SessionPolicy

    async def __call__(self, session: Session, *, now: datetime) -> None:
        """Write it down, if the store is there; a token check does not depend on it."""
        with suppress(TemporarilyUnavailable):
            await self.store.replace(session, session.seen(policy=self.policy, now=now))
            self.changes.announce(session.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveToken:
    """Find out who sent a token, and refuse those who may no longer be here."""

    verifier: AccessTokenVerifier
    signed_in: SignedInDirectory
    reload_keys: ReloadKeys
    mark_seen: MarkSeen
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
        if found is None or found.user.id != claims.subject or not found.stands(now=now):
            raise InvalidToken
        if found.session.is_due_to_be_seen(now=now):
            await self.mark_seen(found.session, now=now)
        return Principal(
            user=found.user,
            session=claims.session,
            scopes=frozenset() if found.user.is_leaving else claims.scopes,
            proved_at=found.session.authenticated_at,
        )

    async def _verified(self, token: str) -> AccessTokenClaims:
        try:
            return self.verifier.verify(token)
        except UnknownSigningKey:
            if not await self.reload_keys.if_due():
                raise
            return self.verifier.verify(token)
