"""Users, sessions, failed sign-ins and signing keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    _create_users()
    _create_sessions()
    _create_sign_in_failures()
    _create_signing_keys()


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("username_value", _text(64)),
        sa.Column("username_key", _text(64)),
        sa.Column("username_skeleton", _text(512)),
        sa.Column("email_value", _text(254)),
        sa.Column("email_key", _text(320)),
        sa.Column("email_verified", sa.Boolean, nullable=False),
        sa.Column("full_name", _text(200)),
        sa.Column("picture", _text(2048)),
        sa.Column("password_hash", _text(255)),
        sa.Column("password_scheme", _text(64)),
        sa.Column("status", _text(16), nullable=False),
        sa.Column("disabled_at", _instant),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("updated_at", _instant, nullable=False),
        sa.Column("credential_version", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.CheckConstraint(
            "username_key IS NOT NULL OR email_key IS NOT NULL", name=op.f("ck_users_has_a_name")
        ),
    )
    for column in ("username_key", "username_skeleton", "email_key"):
        op.create_index(f"uq_users_{column}", "users", [column], unique=True)
    op.create_index("ix_users_password_scheme", "users", ["password_scheme"])
    op.create_table(
        "user_roles",
        sa.Column("user_id", _text(36), nullable=False),
        sa.Column("role", _text(64), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_user_roles"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_roles_user_id", ondelete="CASCADE"
        ),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("user_id", _text(36), nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("ended_at", _instant),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])


def _create_sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("key", _text(128), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("last", _instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failures"),
    )


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", _text(43), nullable=False),
        sa.Column("algorithm", _text(16), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("public_jwk", _text(4096), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signing_keys"),
    )
    op.create_index(
        "uq_signing_keys_signing",
        "signing_keys",
        ["algorithm"],
        unique=True,
        sqlite_where=sa.text("state = 'signing'"),
        postgresql_where=sa.text("state = 'signing'"),
    )
