"""What a transaction on dicts has done so far, on top of what is committed."""

from dataclasses import dataclass, field, fields
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.domain.accounts.one_time_token import OneTimeToken, Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import AuditEventId, MessageId, SessionId, UserId
from hexkey.domain.outbox import Message
from hexkey.domain.sessions.session import Session


@dataclass(slots=True)
class Pending:
    """Changes that are gone unless they are applied.

    Attributes:
        noted: who was changed, for the log of changes.
        erased: of what is committed; nothing of theirs is seen any more.
    """

    users: dict[UserId, User] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    tokens: dict[tuple[Purpose, str], OneTimeToken] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    audited: dict[AuditEventId, AuditEvent] = field(default_factory=dict)
    noted: dict[UserId, datetime] = field(default_factory=dict)
    erased: dict[UserId, User] = field(default_factory=dict)

    def erase(self, user: User, *, now: datetime) -> None:
        """Let nothing of `user` be left, here or in what is committed."""
        self.users.pop(user.id, None)
        for session in [it for it in self.sessions.values() if it.user == user.id]:
            del self.sessions[session.id]
        for key in [key for key, it in self.tokens.items() if it.user == user.id]:
            del self.tokens[key]
        for message in [it for it in self.messages.values() if it.concerns(user)]:
            del self.messages[message.id]
        self.erased[user.id] = user
        self.noted[user.id] = now

    def apply(self, committed: Committed) -> None:
        """Make it all so; nothing is pending any more."""
        for erased in self.erased.values():
            if erased.id in committed.users:
                committed.erase(erased)
        for user in self.users.values():
            committed.put_user(user)
        for session in self.sessions.values():
            committed.put_session(session)
        committed.tokens.update(self.tokens)
        committed.messages.update(self.messages)
        committed.audited.update(self.audited)
        for noted, at in self.noted.items():
            committed.log(noted, at=at)
        self._clear()

    def _clear(self) -> None:
        for changes in fields(self):
            getattr(self, changes.name).clear()
