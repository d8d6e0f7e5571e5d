"""Roles that a deployment defines, API keys, and whether there has ever been an administrator.

It only adds: instances of the version before go on working beside those of this one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "roles",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_roles"),
    )
    op.create_table(
        "role_permissions",
        sa.Column("role", _text(64), nullable=False),
        sa.Column("permission", _text(64), nullable=False),
        sa.PrimaryKeyConstraint("role", "permission", name="pk_role_permissions"),
        sa.ForeignKeyConstraint(
            ["role"], ["roles.name"], name="fk_role_permissions_role", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_user_roles_role", "user_roles", ["role"])
    _create_api_keys()
    _create_administration()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("owner_id", _text(36), nullable=False),
        sa.Column("kind", _text(16), nullable=False),
        sa.Column("name", _text(100), nullable=False),
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("scopes", _text(4096), nullable=False),
        sa.Column("credential_version", sa.Integer),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("expires_at", _instant),
        sa.Column("last_used_at", _instant),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_api_keys_owner_id", ondelete="CASCADE"
        ),
    )
    op.create_index("uq_api_keys_digest", "api_keys", ["digest"], unique=True)
    op.create_index("ix_api_keys_owner_id", "api_keys", ["owner_id"])
    op.create_index("ix_api_keys_expires_at", "api_keys", ["expires_at"])


def _create_administration() -> None:
    op.create_table(
        "administration",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("begun_at", _instant),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_administration"),
    )
    # Where there has been an administrator, the set-up is over.
    op.execute(
        "INSERT INTO administration (id, begun_at, revision) SELECT 1, MIN(users.created_at), 0 "
        "FROM users JOIN user_roles ON users.id = user_roles.user_id "
        "WHERE user_roles.role = 'admin' HAVING COUNT(*) > 0"
    )
