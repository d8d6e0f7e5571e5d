"""What a transaction on dicts has done so far, on top of what is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

from hexkey.adapters.memory.committed import Committed
from hexkey.domain.access import ADMIN, Role, RoleDefinition
from hexkey.domain.accounts.one_time_token import OneTimeToken, Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import ApiKeyId, AuditEventId, MessageId, SessionId, UserId
from hexkey.domain.outbox import Message
from hexkey.domain.sessions.api_key import ApiKey
from hexkey.domain.sessions.session import Session

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Pending:
    """Changes that are gone unless they are applied.

    Attributes:
        roles: `None` for what is removed, as in `api_keys`.
        noted: who was changed, for the log of changes.
        erased: of what is committed; nothing of theirs is seen any more.
    """

    users: dict[UserId, User] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    tokens: dict[tuple[Purpose, str], OneTimeToken] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    audited: dict[AuditEventId, AuditEvent] = field(default_factory=dict)
    roles: dict[Role, RoleDefinition | None] = field(default_factory=dict)
    begun: dict[Role, datetime] = field(default_factory=dict)
    api_keys: dict[ApiKeyId, ApiKey | None] = field(default_factory=dict)
    noted: dict[UserId, datetime] = field(default_factory=dict)
    erased: dict[UserId, User] = field(default_factory=dict)

    def erase(self, user: User, *, now: datetime) -> None:
        """Let nothing of `user` be left, here or in what is committed."""
        self.users.pop(user.id, None)
        for session in [it for it in self.sessions.values() if it.user == user.id]:
            del self.sessions[session.id]
        for key in [key for key, it in self.tokens.items() if it.user == user.id]:
            del self.tokens[key]
        for id_ in [id_ for id_, it in self.api_keys.items() if it and it.owner == user.id]:
            del self.api_keys[id_]
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
            if ADMIN in user.roles:
                committed.begun.setdefault(ADMIN, user.updated_at)
        for session in self.sessions.values():
            committed.put_session(session)
        committed.tokens.update(self.tokens)
        committed.messages.update(self.messages)
        _apply(self.roles, committed.roles)
        _apply(self.api_keys, committed.api_keys)
        committed.begun.update(self.begun)
        committed.audited.update(self.audited)
        for noted, at in self.noted.items():
            committed.log(noted, at=at)
        self._clear()

    def _clear(self) -> None:
        for changes in fields(self):
            getattr(self, changes.name).clear()


def _apply(changes: Mapping[K, V | None], kept: dict[K, V]) -> None:
    for key, value in changes.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value
