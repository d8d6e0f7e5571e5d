"""Refreshing: trading a refresh token for its successor and a new access token."""

from dataclasses import dataclass, replace
from typing import assert_never

from hexkey.application.access.authority import GrantScopes
from hexkey.application.audit.context import checked, current_request
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.refresh_tokens import RefreshTokens
from hexkey.application.ports.sessions import (
    SessionStore,
    SignedIn,
    SignedInDirectory,
    StateChanges,
)
from hexkey.application.ports.system import Clock
from hexkey.application.sessions.tokens import IssuedTokens, IssueTokens
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.refresh_token import (
    Foreign,
    RefreshChain,
    RefreshTokenRejected,
    RefreshTokenReused,
    Repeat,
    Reuse,
    Rotate,
)
from hexkey.domain.sessions.session import SessionPolicy

_ATTEMPTS = 3  # each one lost means that somebody else's refresh succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSession:
    """Spend a refresh token and issue its successor.

    A token that comes back too late proves that two parties hold it, so the session is ended
    before the refusal (RFC 9700 §4.14.2).

    Attributes:
        sessions: must be asked afresh; a remembered chain would be judged wrongly.
    """

    refresh_tokens: RefreshTokens
    sessions: SignedInDirectory
    store: SessionStore
    grant: GrantScopes
    issue: IssueTokens
    tell: Tell
    changes: StateChanges
    clock: Clock
    policy: SessionPolicy

    async def __call__(self, *, refresh_token: str) -> IssuedTokens:
        """Return the new tokens; the same refresh token for a repeat within the grace.

        Raises:
            RefreshTokenReused: if the token was spent too long ago; the session is gone.
            RefreshTokenRejected: if it is not ours, or its session or user is no more.
            TooManyRefreshes: if the session refreshes faster than any client needs.
        """
        session, number = self.refresh_tokens.read(refresh_token)
        for _ in range(_ATTEMPTS):
            issued = await self._attempt(session, number)
            if issued is not None:
                return issued
        raise TemporarilyUnavailable

    async def _attempt(self, id: SessionId, number: int) -> IssuedTokens | None:
        now = self.clock.now()
        found = await self.sessions.find(id)
        checked("session.known", passed=found is not None)
        if found is None:
            raise RefreshTokenRejected
        current_request().identify(found.user.id, session=id)
        checked("account.active", passed=found.user.is_active)
        if not checked("session.live", passed=found.stands(now=now)):
            raise RefreshTokenRejected
        judgement = found.session.refresh.judge(number, now=now)
        checked("refresh_token.unspent", passed=isinstance(judgement, Rotate | Repeat))
        match judgement:
            case Rotate(chain):
                return await self._rotate(found, chain)
            case Repeat(successor):
                return self.issue(await self._permitted(found), refresh_number=successor, now=now)
            case Reuse():
                await self._end(found)
                raise RefreshTokenReused
            case Foreign():
                raise RefreshTokenRejected
            case never:
                assert_never(never)

    async def _rotate(self, found: SignedIn, chain: RefreshChain) -> IssuedTokens | None:
        """The tokens of the next link; `None` if another request has moved the chain."""
        now = chain.spent[0]
        refreshed = found.session.refreshed(chain, policy=self.policy, now=now)
        issued = self.issue(await self._permitted(found), refresh_number=chain.live, now=now)
        event = self.tell.audit.event(
            AuditType.SESSION_REFRESHED,
            at=now,
            subject=found.user.id,
            session=found.session.id,
        )
        replaced = await self.store.replace(found.session, refreshed, audited=event)
        return issued if replaced else None

    async def _permitted(self, found: SignedIn) -> SignedIn:
        """With those of its scopes that its user may still have (AZ-05); it keeps the others."""
        scopes = " ".join(found.session.scopes)
        permitted = await self.grant(found.user, requested=scopes)
        return replace(found, session=replace(found.session, scopes=permitted))

    async def _end(self, found: SignedIn) -> None:
        now = self.clock.now()
        async with self.store.begin() as transaction:
            if await transaction.sessions.end(found.session.id, now=now):
                ended = [found.session.id]
                await self.tell.audit(
                    transaction,
                    AuditType.REFRESH_TOKEN_REUSED,
                    at=now,
                    subject=found.user.id,
                    session=found.session.id,
                )
                await self.tell.ended(transaction, found.user.id, ended, at=now)
            await transaction.commit()  # the end must outlive the refusal
        self.changes.announce(found.user.id)
