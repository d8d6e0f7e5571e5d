"""What is committed, in dicts."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from hexkey.application.ports.changes import StateChange
from hexkey.domain.access import Role, RoleDefinition
from hexkey.domain.accounts.one_time_token import OneTimeToken, Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.chain import Link
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import (
    ApiKeyId,
    AuditEventId,
    EndpointId,
    MessageId,
    SessionId,
    UserId,
)
from hexkey.domain.outbox import Message
from hexkey.domain.sessions.api_key import ApiKey
from hexkey.domain.sessions.session import Session
from hexkey.domain.webhooks import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class Claim:
    """Whoever is at a message, and until when nobody else is."""

    holder: str
    until: datetime


@dataclass(slots=True)
class Committed:
    """What is committed, with the look-ups that a database has as indexes."""

    users: dict[UserId, User] = field(default_factory=dict)
    ids: list[UserId] = field(default_factory=list)
    usernames: dict[str, UserId] = field(default_factory=dict)
    skeletons: dict[str, UserId] = field(default_factory=dict)
    emails: dict[str, UserId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    sessions_of: dict[UserId, set[SessionId]] = field(default_factory=dict)
    tokens: dict[tuple[Purpose, str], OneTimeToken] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    claims: dict[MessageId, "Claim"] = field(default_factory=dict)
    endpoints: dict[EndpointId, WebhookEndpoint] = field(default_factory=dict)
    audited: dict[AuditEventId, AuditEvent] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    roles: dict[Role, RoleDefinition] = field(default_factory=dict)
    begun: dict[Role, datetime] = field(default_factory=dict)
    api_keys: dict[ApiKeyId, ApiKey] = field(default_factory=dict)
    changes: list[StateChange] = field(default_factory=list)
    changes_ever: int = 0

    def user(self, id: UserId | None) -> User | None:
        """The user with this id, if there is one."""
        return None if id is None else self.users.get(id)

    def put_user(self, user: User) -> None:
        """Keep `user`, in place of what was kept under its id."""
        before = self.users.get(user.id)
        if before is None:
            insort(self.ids, user.id)
        else:
            for names, name in self._names(before):
                if names.get(name) == user.id:  # or somebody has taken it meanwhile
                    del names[name]
        for names, name in self._names(user):
            names[name] = user.id
        self.users[user.id] = user

    def put_session(self, session: Session) -> None:
        """Keep `session`, in place of what was kept under its id."""
        self.sessions[session.id] = session
        self.sessions_of.setdefault(session.user, set()).add(session.id)

    def drop_session(self, session: Session) -> None:
        """Forget `session`."""
        del self.sessions[session.id]
        siblings = self.sessions_of[session.user]
        siblings.discard(session.id)
        if not siblings:
            del self.sessions_of[session.user]

    def drop_messages(self, messages: Iterable[Message]) -> None:
        """Forget `messages`, claimed or not."""
        for message in messages:
            self.messages.pop(message.id, None)
            self.claims.pop(message.id, None)

    def erase(self, user: User) -> None:
        """Forget everything about `user`, who is kept."""
        self.ids.remove(user.id)
        for names, name in self._names(self.users.pop(user.id)):
            if names.get(name) == user.id:
                del names[name]
        for session in [self.sessions[each] for each in self.sessions_of.get(user.id, ())]:
            self.drop_session(session)
        for key in [key for key, it in self.tokens.items() if it.user == user.id]:
            del self.tokens[key]
        for id_ in [id_ for id_, it in self.api_keys.items() if it.owner == user.id]:
            del self.api_keys[id_]
        self.drop_messages([it for it in self.messages.values() if it.concerns(user)])

    def note(self, event: AuditEvent | None) -> None:
        """Write `event` down, if there is one."""
        if event is not None:
            self.audited[event.id] = event

    def log(self, user: UserId, *, at: datetime) -> None:
        """Append to the log of changes."""
        self.changes_ever += 1
        self.changes.append(StateChange(self.changes_ever, user, at))

    def ids_after(self, after: UserId | None, limit: int) -> list[UserId]:
        """The next ids in their order."""
        start = 0 if after is None else bisect_right(self.ids, after)
        return self.ids[start : start + limit]

    def _names(self, user: User) -> Iterator[tuple[dict[str, UserId], str]]:
        if user.username is not None:
            yield self.usernames, user.username.key
            yield self.skeletons, user.username.skeleton
        if user.email is not None:
            yield self.emails, user.email.key
