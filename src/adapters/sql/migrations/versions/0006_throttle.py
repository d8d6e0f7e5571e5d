"""Counters of attempts, by rule; those of the version before stay for its instances.

It only adds: instances of the version before go on working beside those of this one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "attempt_counters",
        sa.Column("key", _text(160), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("rests_until", _instant, nullable=False),
        sa.Column("kept_until", _instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_attempt_counters"),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_attempt_counters_kept_until", "attempt_counters", ["kept_until"])
