"""When an event of the audit trail was given its place in the chain.

It only adds. What was linked before stays without it, and is verified in the form of its time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("sealed_at", _instant))
