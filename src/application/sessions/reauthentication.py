"""Proving again who one is, before a sensitive act."""

from dataclasses import dataclass

from hexkey.application.audit.recording import Audit
from hexkey.application.authentication.password_check import CheckPassword
from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import SessionNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Reauthenticate:
    """Make a session fresh by its user's password; guesses count as at sign-in."""

    users: UserDirectory
    check: CheckPassword
    store: SessionStore
    audit: Audit
    changes: StateChanges
    clock: Clock

    async def __call__(
        self,
        *,
        user: UserId,
        session: SessionId | None,
        password: str,
        address: str | None = None,
        device: str | None = None,
    ) -> None:
        """From now on, sensitive acts of `session` need no other proof for five minutes.

        Raises:
            InvalidCredentials: if the password is wrong; the session stays as it was.
            TooManyAttempts: if it was guessed at too often.
            SessionNotFound: if there is no session, or it has ended in the meantime.
        """
        found = await self.users.find(user)
        if found is None:
            raise InvalidCredentials
        await self.check(user=found, password=password, address=address, device=device)
        now = self.clock.now()
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user)
            if current is None or not current.accepts_proof_for(found):
                raise InvalidCredentials
            live = await transaction.sessions.find(session) if session else None
            if live is None or live.user != user or not live.is_live(now=now):
                raise SessionNotFound
            if not await transaction.sessions.replace(live, live.reauthenticated(now=now)):
                raise TemporarilyUnavailable
            await self.audit(transaction, AuditType.REAUTHENTICATED, at=now, subject=user)
            await transaction.commit()
        self.changes.announce(user)
