"""Between events of the audit trail and their rows."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil, isfinite
from typing import Any

from sqlalchemy import Row

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.domain.audit.chain import ChainHead, Linked
from hexkey.domain.audit.event import AuditEvent, Check, Outcome, check_members, unreadable
from hexkey.domain.identifiers import ID_LENGTH, AuditEventId

NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)  # shown where there is none
_LAST_PLACE = 2**63 - 1


def row_from(event: AuditEvent) -> dict[str, Any]:
    """What stands in `audit_events` for `event`, before it has a place in the chain."""
    checks = [check_members(check) for check in event.explanation]
    return {
        "id": event.id,
        "type": str(event.type),
        "at": event.at,
        "actor": event.actor,
        "subject": event.subject,
        "client": event.client,
        "address": event.address,
        "session_hash": event.session_hash,
        "request_id": event.request_id,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "details": json.dumps(dict(event.details)),
        "explanation": json.dumps(checks) if checks else None,
    }


def event_from(row: Row[Any]) -> AuditEvent:
    """The event in `row`.

    Raises:
        ImpossibleRow: if it is none that was ever written.
    """
    try:
        _ensure_possible(row)
        return AuditEvent(
            id=AuditEventId(row.id),
            type=row.type,
            at=row.at,
            actor=row.actor,
            subject=row.subject,
            client=row.client,
            address=row.address,
            session_hash=row.session_hash,
            request_id=row.request_id,
            outcome=Outcome(row.outcome),
            reason=row.reason,
            details=dict(json.loads(row.details)),
            explanation=_checks_from(row.explanation),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ImpossibleRow(f"audit event {row.id} cannot be read") from error


def shown_from(row: Row[Any]) -> AuditEvent:
    """The event in `row`, or what is shown in its place if it cannot be read."""
    try:
        return event_from(row)
    except ImpossibleRow:
        # Cut, so that the next page can begin after it: what sorts between is nothing of ours.
        id_ = AuditEventId(str(row.id).partition("\0")[0][:ID_LENGTH])
        return unreadable(id_, at=row.at or NO_INSTANT)


def linked_from(row: Row[Any]) -> Linked:
    """The event in `row` with its place; without the event if it cannot be read."""
    try:
        event = event_from(row)
    except ImpossibleRow:
        event = None
    return Linked(
        sequence=_place(row.sequence), digest=row.digest or "", event=event, sealed_at=row.sealed_at
    )


def _place(stored: object) -> int:
    """SQLite lets anything stand there; what is no place takes the next one, or the last."""
    if isinstance(stored, int):
        return stored
    if isinstance(stored, float) and stored < _LAST_PLACE:
        return ceil(stored) if isfinite(stored) else 0
    return _LAST_PLACE


def _ensure_possible(row: Row[Any]) -> None:
    """Raise `TypeError` for what no column of ours holds; SQLite lets it stand there."""
    texts = (row.id, row.type, row.actor, row.outcome, row.details)
    maybe = (row.subject, row.client, row.address, row.session_hash, row.request_id, row.reason)
    given = [it for it in (*maybe, row.explanation) if it is not None]
    if row.at is None or not all(isinstance(it, str) for it in (*texts, *given)):
        raise TypeError("not what the column is for")
    if len(row.id) > ID_LENGTH or "\0" in row.id:
        raise ValueError("no id")


def head_from(row: Row[Any]) -> ChainHead:
    """The head in the one row of `audit_chain`."""
    return ChainHead(
        sequence=row.sequence,
        digest=row.digest,
        pruned_to=row.pruned_to,
        pruned_digest=row.pruned_digest,
        pruned_at=row.pruned_at,
        mac=row.mac,
    )


def row_from_head(head: ChainHead) -> dict[str, Any]:
    """The one row of `audit_chain`."""
    return {
        "id": 1,
        "sequence": head.sequence,
        "digest": head.digest,
        "pruned_to": head.pruned_to,
        "pruned_digest": head.pruned_digest,
        "pruned_at": head.pruned_at,
        "mac": head.mac,
    }


def _checks_from(stored: str | None) -> Sequence[Check]:
    checks = json.loads(stored) if stored else []
    return tuple(
        Check(name=it["check"], passed=bool(it["passed"]), facts=dict(it["facts"])) for it in checks
    )
