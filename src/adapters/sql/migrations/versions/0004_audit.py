"""The audit trail, and the head of its chain.

It only adds: instances of the version before go on working beside those of this one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("type", _text(64), nullable=False),
        sa.Column("at", _instant, nullable=False),
        sa.Column("actor", _text(64), nullable=False),
        sa.Column("subject", _text(64)),
        sa.Column("client", _text(512)),
        sa.Column("address", _text(64)),
        sa.Column("session_hash", _text(64)),
        sa.Column("request_id", _text(64)),
        sa.Column("outcome", _text(16), nullable=False),
        sa.Column("reason", _text(64)),
        sa.Column("details", _text(4096), nullable=False),
        sa.Column("explanation", _text(8192)),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("digest", _text(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    table = "audit_events"
    _create_index(f"uq_{table}_sequence", ["sequence"], where="sequence IS NOT NULL", unique=True)
    _create_index(f"ix_{table}_unsealed", ["at", "id"], where="sequence IS NULL")
    _create_index(f"ix_{table}_subject", ["subject", "id"], where="subject IS NOT NULL")
    _create_index(f"ix_{table}_request_id", ["request_id"], where="request_id IS NOT NULL")
    op.create_index(f"ix_{table}_actor", table, ["actor", "id"])
    op.create_index(f"ix_{table}_type", table, ["type", "id"])
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("pruned_to", sa.BigInteger, nullable=False),
        sa.Column("pruned_digest", _text(64), nullable=False),
        sa.Column("pruned_at", _instant),
        sa.Column("mac", _text(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_chain"),
    )


def _create_index(name: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "audit_events",
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
