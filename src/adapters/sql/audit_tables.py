"""The tables of the audit trail. Lengths come from the domain, which enforces them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Index, Integer, Table, text, type_coerce

from hexkey.adapters.sql.column_types import BoundedText, Instant
from hexkey.adapters.sql.tables import MAX_WORD_LENGTH, metadata
from hexkey.domain.audit.chain import DIGEST_LENGTH
from hexkey.domain.audit.event import (
    MAX_ACTOR_LENGTH,
    MAX_AUDITED_ADDRESS_LENGTH,
    MAX_AUDITED_CLIENT_LENGTH,
    MAX_AUDITED_DETAILS_LENGTH,
    MAX_AUDITED_SUBJECT_LENGTH,
    MAX_EXPLANATION_LENGTH,
    MAX_REASON_LENGTH,
    MAX_REQUEST_ID_LENGTH,
    MAX_TYPE_LENGTH,
)
from hexkey.domain.identifiers import ID_LENGTH


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class StoredInstant(Instant):
    """One that may have been edited: what is no instant is read as none."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        try:
            return super().process_result_value(value, dialect)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            return None


# No foreign keys: what is told of must be able to go, and the event to stay.
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column("type", BoundedText(MAX_TYPE_LENGTH), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", BoundedText(MAX_ACTOR_LENGTH), nullable=False),
    Column("subject", BoundedText(MAX_AUDITED_SUBJECT_LENGTH)),
    Column("client", BoundedText(MAX_AUDITED_CLIENT_LENGTH)),
    Column("address", BoundedText(MAX_AUDITED_ADDRESS_LENGTH)),
    Column("session_hash", BoundedText(DIGEST_LENGTH)),
    Column("request_id", BoundedText(MAX_REQUEST_ID_LENGTH)),
    Column("outcome", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("reason", BoundedText(MAX_REASON_LENGTH)),
    Column("details", BoundedText(MAX_AUDITED_DETAILS_LENGTH), nullable=False),
    Column("explanation", BoundedText(MAX_EXPLANATION_LENGTH)),
    # Of its place in the chain, which it is given within a second of the commit.
    Column("sequence", BigInteger),
    Column("digest", BoundedText(DIGEST_LENGTH)),
    Column("sealed_at", Instant),
    Index("uq_audit_events_sequence", "sequence", unique=True, **_where("sequence IS NOT NULL")),
    Index("ix_audit_events_unsealed", "at", "id", **_where("sequence IS NULL")),
    Index("ix_audit_events_subject", "subject", "id", **_where("subject IS NOT NULL")),
    Index("ix_audit_events_request_id", "request_id", **_where("request_id IS NOT NULL")),
    Index("ix_audit_events_actor", "actor", "id"),
    Index("ix_audit_events_type", "type", "id"),
)

# Rows of this can be fetched whatever stands in them.
AS_STORED = [
    type_coerce(column, StoredInstant()).label(column.name)
    if isinstance(column.type, Instant)
    else column
    for column in audit_events.c
]

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("id", Integer, primary_key=True),  # there is one row
    Column("sequence", BigInteger, nullable=False),
    Column("digest", BoundedText(DIGEST_LENGTH), nullable=False),
    Column("pruned_to", BigInteger, nullable=False),
    Column("pruned_digest", BoundedText(DIGEST_LENGTH), nullable=False),
    Column("pruned_at", Instant),
    Column("mac", BoundedText(DIGEST_LENGTH), nullable=False),
)
