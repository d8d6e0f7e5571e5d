"""Sessions: keeping them, and knowing at every request whether they still stand."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.application.ports.accounts import AccountTransaction
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import Session


class Sessions(Protocol):
    """The sessions, inside one transaction."""

    async def add(self, session: Session) -> None:
        """Keep a new session."""
        ...

    async def find(self, id: SessionId) -> Session | None:
        """That session."""
        ...

    async def of_user(
        self, user: UserId, *, also_ended: bool = False, limit: int | None = None
    ) -> Sequence[Session]:
        """The sessions of `user` that have not been ended, the latest first, at most `limit`.

        Args:
            also_ended: those that have, too, as long as they are kept.
        """
        ...

    async def replace(self, old: Session, new: Session) -> bool:
        """Store what `new` has otherwise than `old`, atomically; neither has ended.

        Returns:
            False, and nothing changed, if the stored session was ended or refreshed since `old`.
        """
        ...

    async def end(self, id: SessionId, *, now: datetime) -> bool:
        """End that session; whether it had not been ended."""
        ...

    async def end_beyond(
        self, most: int, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        """End the oldest sessions of `user`, until `most` have not been ended.

        Args:
            most: at least 1 if one is to be kept.
            keep: the one of them that stays however old it seems, as after a clock was set back.

        Returns:
            Those that this call has ended, as does `end_all`.
        """
        ...

    async def end_all(
        self, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        """End every session of `user` that has not ended, except `keep`."""
        ...


class SessionTransaction(AccountTransaction, Protocol):
    """What the flows of signing in and of ending sessions change together."""

    @property
    def sessions(self) -> Sessions:
        """The sessions, as this transaction sees and changes them."""
        ...


class SessionStore(Protocol):
    """Where sessions are kept, beside the users they belong to."""

    def begin(self) -> AbstractAsyncContextManager[SessionTransaction]:
        """Open a transaction, as `AccountStore.begin` does."""
        ...

    async def replace(
        self, old: Session, new: Session, *, audited: AuditEvent | None = None
    ) -> bool:
        """Do what `Sessions.replace` does, durably, in a transaction of its own.

        For refreshing: whoever remembers the session is not told.

        Args:
            audited: written down exactly if the session was replaced.

        Returns:
            False, and nothing changed, if the stored session was ended or refreshed since `old`.

        Raises:
            TemporarilyUnavailable: as for `begin`.
        """
        ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session together with its user, both as committed at one instant."""

    session: Session
    user: User

    def stands(self, *, now: datetime) -> bool:
        """Whether the session is live and its user may be here."""
        return self.user.is_active and self.session.is_live(now=now)


class SignedInDirectory(Protocol):
    """Who is behind a session: asked at every request, so it may remember, but not for long."""

    async def find(self, id: SessionId) -> SignedIn | None:
        """That session and its user.

        The answer is never older than one second, as far as whoever remembers must be told of
        what changed, and never older than the last change that was announced in this process.
        """
        ...


class StateChanges(Protocol):
    """Tells whoever remembers users or sessions that they must look again."""

    def announce(self, user: UserId) -> None:
        """The user, or one of their sessions, was changed; call it after the commit."""
        ...


class SessionMemory(Protocol):
    """Remembers who is behind a session, and longer while somebody follows the changes for it.

    Instants are those of `Clock.monotonic`.
    """

    def forget(self, user: UserId) -> None:
        """The user, or one of their sessions, was changed, by whomever."""
        ...

    def vouch(self, *, since: float, until: float) -> None:
        """All that changed between `since` and one second before `until` has been told.

        What was asked after `since` may be believed before `until`; what was asked before
        `since`, or longer ago than a minute, only for its own second. The latest call counts.
        """
        ...
