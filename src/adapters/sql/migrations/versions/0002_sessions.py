"""Sessions that are seen and refreshed, the log of changes, leases, keys that rotate.

It only adds: instances of the version before go on working beside those of this one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    _extend_sessions()
    _create_state_changes()
    _create_leases()
    _extend_signing_keys()
    _create_index("ix_users_disabled_at", "users", "disabled_at", where="disabled_at IS NOT NULL")
    op.create_index("ix_sign_in_failures_last", "sign_in_failures", ["last"])


def _extend_sessions() -> None:
    for column in (
        sa.Column("client_address", _text(45)),
        sa.Column("user_agent", _text(512)),
        sa.Column("scopes", _text(4096), nullable=False, server_default=sa.text("''")),
        sa.Column("authenticated_at", _instant),
        sa.Column("last_seen_at", _instant),
        sa.Column("idle_until", _instant),
        sa.Column("refresh_live", sa.Integer, nullable=False, server_default="1"),
        sa.Column("refresh_spent", _text(255), nullable=False, server_default=sa.text("''")),
    ):
        op.add_column("sessions", column)
    op.execute(
        "UPDATE sessions SET authenticated_at = created_at, last_seen_at = created_at, "
        "idle_until = expires_at"
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    _create_index("ix_sessions_ended_at", "sessions", "ended_at", where="ended_at IS NOT NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE sessions SET (fillfactor = 80)")


def _create_state_changes() -> None:
    op.create_table(
        "state_changes",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("user_id", _text(36), nullable=False),
        sa.Column("at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_state_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_state_changes_at", "state_changes", ["at"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("holder", _text(36), nullable=False),
        sa.Column("until", _instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _extend_signing_keys() -> None:
    op.add_column("signing_keys", sa.Column("state_since", _instant))
    op.execute("UPDATE signing_keys SET state_since = created_at")
    _create_index(
        "uq_signing_keys_announced",
        "signing_keys",
        "algorithm",
        where="state = 'announced'",
        unique=True,
    )


def _create_index(name: str, table: str, column: str, *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        [column],
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
