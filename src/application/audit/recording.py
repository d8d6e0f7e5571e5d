"""Writing an event down, in the transaction of the deed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.application.audit.context import RequestContext, current_request, hashed_session
from hexkey.application.ports.audit import AuditTrail
from hexkey.application.ports.system import IdGenerator
from hexkey.domain.audit.event import (
    MAX_AUDITED_ADDRESS_LENGTH,
    MAX_AUDITED_CLIENT_LENGTH,
    AuditEvent,
    AuditType,
    Outcome,
)
from hexkey.domain.identifiers import AuditEventId, SessionId, UserId
from hexkey.domain.text import one_line


class AuditedTransaction(Protocol):
    """Any transaction that has an audit trail."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail, as this transaction fills it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Makes events of the request that is being served."""

    ids: IdGenerator

    async def __call__(
        self,
        transaction: AuditedTransaction,
        type: AuditType,
        *,
        at: datetime,
        subject: str | None = None,
        session: SessionId | None = None,
        actor: UserId | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Write down that it was done, if `transaction` commits; the arguments are of `event`."""
        await transaction.audit.record(
            self.event(type, at=at, subject=subject, session=session, actor=actor, details=details)
        )

    def event(
        self,
        type: AuditType,
        *,
        at: datetime,
        subject: str | None = None,
        session: SessionId | None = None,
        actor: UserId | None = None,
        outcome: Outcome = Outcome.DONE,
        reason: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> AuditEvent:
        """The event, for a store that writes it down together with something of its own.

        Args:
            subject: the id of whom or what it was done to.
            session: which it is about, if it is not the one that the request came by.
            actor: who did it, if the request had no credential and proved itself in this deed.
            reason: the code of a refusal; its checks are taken from the request.
            details: words that belong to the type; never a secret.
        """
        request = current_request()
        refused = outcome is not Outcome.DONE
        return AuditEvent(
            id=AuditEventId(self.ids.new()),
            type=type,
            at=at,
            actor=request.actor if actor is None else f"user:{actor}",
            subject=request.subject if subject is None else subject,
            client=_cut(request.client, most=MAX_AUDITED_CLIENT_LENGTH),
            address=_cut(request.address, most=MAX_AUDITED_ADDRESS_LENGTH),
            session_hash=request.session_hash if session is None else hashed_session(session),
            request_id=request.request_id,
            outcome=outcome,
            reason=reason,
            details={**_credential(request), **(details or {})},
            explanation=tuple(request.checks) if refused else (),
        )


def _credential(request: RequestContext) -> Mapping[str, str]:
    """Which of somebody's API keys it was; first, so that no other detail crowds it out."""
    return {} if request.api_key is None else {"api_key": request.api_key}


def _cut(text: str | None, *, most: int) -> str | None:
    return None if text is None else one_line(text, most=most)
