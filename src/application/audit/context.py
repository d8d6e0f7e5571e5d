"""The request that is being served: what the audit trail needs and no use case looks at.

A context variable, and not an argument: every use case would have to hand it on to others that
do not need it either, and one that forgot would write events that belong to nobody. It decides
nothing: whatever a rule depends on is still an argument.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from hexkey.domain.audit.event import ANONYMOUS, SYSTEM, Check
from hexkey.domain.identifiers import ApiKeyId, SessionId, UserId

MOST_CHECKS = 50  # of one request; more explain nothing


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request, command or chore.

    Attributes:
        actor: who makes it, as far as that is known by now.
        session: by which session, if it is by one.
        api_key: by which API key, if it is by one; its id.
        subject: the id of the account that somebody tries to prove to be theirs.
        waited: seconds for which it has waited for the database, up to now.
        checks: what was asked about it, in that order, for whoever asks why it was refused.
    """

    request_id: str | None = None
    address: str | None = None
    client: str | None = None
    actor: str = ANONYMOUS
    session: SessionId | None = None
    api_key: ApiKeyId | None = None
    subject: str | None = None
    waited: float = 0.0
    checks: list[Check] = field(default_factory=list)

    @property
    def session_hash(self) -> str | None:
        """Stands for the session where its id should not."""
        return None if self.session is None else hashed_session(self.session)

    def identify(
        self, user: UserId, *, session: SessionId | None, api_key: ApiKeyId | None = None
    ) -> None:
        """From now on, this is known to be a request of `user`."""
        self.actor, self.session, self.api_key = f"user:{user}", session, api_key


_current: ContextVar[RequestContext | None] = ContextVar("hexkey_request", default=None)


def current_request() -> RequestContext:
    """The request that is being served; for what nobody asked for, one by the system."""
    return _current.get() or RequestContext(actor=SYSTEM)


@contextmanager
def serving(context: RequestContext) -> Iterator[RequestContext]:
    """What is done inside is done for `context`."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def checked(name: str, *, passed: bool, **facts: object) -> bool:
    """Note that a rule was asked, and what it was decided by; never give it a secret.

    Returns:
        `passed`, so that a rule can be noted where it is asked.
    """
    context = _current.get()
    if context is not None:
        words = {key: str(value) for key, value in facts.items()}
        context.checks.append(Check(name=name, passed=passed, facts=words))
        del context.checks[:-MOST_CHECKS]  # the last ones decided
    return passed


def hashed_session(session: SessionId) -> str:
    """What stands for `session` in the audit trail."""
    return hashlib.sha256(session.encode()).hexdigest()
