"""The audit trail as JSON."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from hexkey.domain.audit.event import AuditEvent, check_members
from hexkey.entrypoints.http.representations import instant


class AuditCheck(BaseModel):
    """A rule that was asked on the way to a refusal."""

    check: str = Field(examples=["throttle.account"])
    passed: bool
    facts: dict[str, str] = Field(examples=[{"failures": "5", "limit": "4"}])


class AuditItem(BaseModel):
    """Something that was done, or refused."""

    id: str
    type: str = Field(examples=["sign_in.refused"])
    at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])
    actor: str = Field(
        description="`user:` and an id, `anonymous`, `operator` or `system`.",
        examples=["anonymous"],
    )
    subject: str | None = Field(description="The id of whom or what it was done to.")
    client: str | None = Field(description="The user agent as sent; not to be trusted.")
    address: str | None = Field(examples=["192.0.2.1"])
    session_hash: str | None = Field(description="SHA-256 of the session's id.")
    request_id: str | None
    outcome: str = Field(examples=["refused"])
    reason: str | None = Field(
        description="The code of a refusal.", examples=["invalid_credentials"]
    )
    details: dict[str, str]
    checks: list[AuditCheck] = Field(description="Of a refusal: what was asked, in that order.")


class AuditList(BaseModel):
    """A page of the audit trail, the latest first."""

    items: list[AuditItem]
    next_cursor: str | None


class Explanation(BaseModel):
    """What was written down of one request."""

    request_id: str
    events: list[AuditItem]


def shown_event(event: AuditEvent) -> dict[str, Any]:
    """An event as `AuditItem` describes it."""
    return {
        "id": event.id,
        "type": str(event.type),
        "at": instant(event.at),
        "actor": event.actor,
        "subject": event.subject,
        "client": event.client,
        "address": event.address,
        "session_hash": event.session_hash,
        "request_id": event.request_id,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "details": dict(event.details),
        "checks": [check_members(check) for check in event.explanation],
    }
