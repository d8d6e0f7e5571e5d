"""Between events of the audit trail and their rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.domain.audit.chain import ChainHead, Linked
from hexkey.domain.audit.event import AuditEvent, Check, Outcome, check_members
from hexkey.domain.identifiers import AuditEventId


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
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImpossibleRow(f"audit event {row.id} cannot be read") from error


def linked_from(row: Row[Any]) -> Linked:
    """The event in `row` with its place; without the event if it cannot be read."""
    try:
        event = event_from(row)
    except ImpossibleRow:
        event = None
    return Linked(
        sequence=row.sequence, digest=row.digest or "", event=event, sealed_at=row.sealed_at
    )


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
