"""One-time tokens, the outbox, webhooks, users who ask to be erased.

It only adds: instances of the version before go on working beside those of this one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


_instant = sa.BigInteger().with_variant(
    postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql"
)


def upgrade() -> None:
    op.add_column("users", sa.Column("language", _text(35)))
    op.add_column("users", sa.Column("erase_at", _instant))
    _create_index("ix_users_erase_at", "users", ["erase_at"], where="erase_at IS NOT NULL")
    _create_one_time_tokens()
    _create_outbox()
    _create_webhooks()


def _create_one_time_tokens() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("purpose", _text(32), nullable=False),
        sa.Column("subject", _text(400), nullable=False),
        sa.Column("user_id", _text(36)),
        sa.Column("email_value", _text(254), nullable=False),
        sa.Column("email_key", _text(320), nullable=False),
        sa.Column("credential_version", sa.Integer),
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("flow_digest", _text(64)),
        sa.Column("content", _text(65536)),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("used_at", _instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_tokens"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_one_time_tokens_user_id", ondelete="CASCADE"
        ),
    )
    table = "one_time_tokens"
    op.create_index(f"uq_{table}_digest", table, ["digest"], unique=True)
    op.create_index(f"uq_{table}_purpose_subject", table, ["purpose", "subject"], unique=True)
    _create_index(f"ix_{table}_user_id", table, ["user_id"], where="user_id IS NOT NULL")
    op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("channel", _text(16), nullable=False),
        sa.Column("kind", _text(64), nullable=False),
        sa.Column("recipient", _text(320), nullable=False),
        sa.Column("recipient_key", _text(320), nullable=False),
        sa.Column("user_id", _text(36)),
        sa.Column("content", _text(65536), nullable=False),
        sa.Column("language", _text(35)),
        sa.Column("network", _text(64)),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("due_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("error", _text(500)),
        sa.Column("free_at", _instant, nullable=False),
        sa.Column("holder", _text(36)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    for name, columns, where in (
        ("free_at", ["channel", "free_at", "id"], "state = 'queued'"),
        ("recipient_key", ["recipient_key", "created_at"], "user_id IS NULL"),
        ("network", ["network", "created_at"], "user_id IS NULL"),
        ("user_id", ["user_id"], "user_id IS NOT NULL"),
        ("sent", ["due_at"], "state = 'done'"),
        ("unsent", ["expires_at"], "state <> 'done'"),
    ):
        _create_index(f"ix_outbox_{name}", "outbox", columns, where=where)


def _create_webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("url", _text(2048), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
    )
    op.create_table(
        "webhook_subscriptions",
        sa.Column("event", _text(64), nullable=False),
        sa.Column("endpoint_id", _text(36), nullable=False),
        sa.PrimaryKeyConstraint("event", "endpoint_id", name="pk_webhook_subscriptions"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name="fk_webhook_subscriptions_endpoint_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_webhook_subscriptions_endpoint_id", "webhook_subscriptions", ["endpoint_id"]
    )


def _create_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
