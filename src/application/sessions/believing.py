"""Believing a token of a Hexkey elsewhere, without asking about it."""

from dataclasses import dataclass

from hexkey.application.keys.fetching import FetchKeys
from hexkey.application.ports.system import Clock
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.application.sessions.hearing import HearRevocations
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import (
    AccessTokenClaims,
    InvalidToken,
    UnknownSigningKey,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BelieveToken:
    """Find out whom a token stands for, by the issuer's keys and its list of revocations."""

    verifier: AccessTokenVerifier
    fetch_keys: FetchKeys
    hear: HearRevocations
    clock: Clock

    async def __call__(self, *, token: str) -> AccessTokenClaims:
        """Return what the token says.

        Raises:
            TokenExpired: if it was good once.
            InvalidToken: if it never was, or its session or user is known to be refused.
            TemporarilyUnavailable: if there is no key yet to tell by, or revocations have not
                been heard of for too long.
        """
        claims = await self._verified(token)
        claims.ensure_current(now=self.clock.now())
        if self.hear.revoked().revokes(claims):
            raise InvalidToken
        return claims

    async def _verified(self, token: str) -> AccessTokenClaims:
        try:
            return self.verifier.verify(token)
        except UnknownSigningKey:
            fetched = await self.fetch_keys.for_unknown_key()
            if not self.fetch_keys.has_keys:
                raise TemporarilyUnavailable from None
            if not fetched:
                raise
            return self.verifier.verify(token)
