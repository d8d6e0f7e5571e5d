"""The tables. Lengths come from the domain, which enforces them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)

from hexkey.adapters.sql.column_types import BoundedText, Instant
from hexkey.domain.access import MAX_ROLE_LENGTH, MAX_SCOPES_LENGTH
from hexkey.domain.accounts.email import MAX_ADDRESS_OCTETS, MAX_EMAIL_KEY_LENGTH
from hexkey.domain.accounts.one_time_token import (
    MAX_CONTENT_LENGTH as MAX_TOKEN_CONTENT_LENGTH,
)
from hexkey.domain.accounts.one_time_token import MAX_DIGEST_LENGTH, MAX_SUBJECT_LENGTH
from hexkey.domain.accounts.password import MAX_HASH_LENGTH, MAX_SCHEME_LENGTH
from hexkey.domain.accounts.profile import MAX_FULL_NAME_LENGTH, MAX_PICTURE_LENGTH
from hexkey.domain.accounts.user import MAX_LANGUAGE_LENGTH
from hexkey.domain.accounts.username import MAX_SKELETON_LENGTH, MAX_USERNAME_LENGTH
from hexkey.domain.authentication.throttle import MAX_COUNTER_KEY_LENGTH
from hexkey.domain.identifiers import ID_LENGTH, KEY_ID_LENGTH
from hexkey.domain.keys import MAX_PUBLIC_JWK_LENGTH
from hexkey.domain.outbox import (
    MAX_CONTENT_LENGTH,
    MAX_ERROR_LENGTH,
    MAX_KIND_LENGTH,
    MAX_NETWORK_LENGTH,
    MAX_RECIPIENT_LENGTH,
)
from hexkey.domain.sessions.session import MAX_ADDRESS_LENGTH, MAX_USER_AGENT_LENGTH
from hexkey.domain.webhooks import MAX_URL_LENGTH

MAX_WORD_LENGTH = 16  # of our own words: states and algorithms
MAX_SPENT_LENGTH = 255  # of the instants of a refresh chain: REMEMBERED times 14 digits and comma
MAX_LEASE_NAME_LENGTH = 64

MAX_PURPOSE_LENGTH = 32

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column("username_value", BoundedText(MAX_USERNAME_LENGTH)),
    Column("username_key", BoundedText(MAX_USERNAME_LENGTH)),
    Column("username_skeleton", BoundedText(MAX_SKELETON_LENGTH)),
    Column("email_value", BoundedText(MAX_ADDRESS_OCTETS)),
    Column("email_key", BoundedText(MAX_EMAIL_KEY_LENGTH)),
    Column("email_verified", Boolean, nullable=False),
    Column("full_name", BoundedText(MAX_FULL_NAME_LENGTH)),
    Column("picture", BoundedText(MAX_PICTURE_LENGTH)),
    Column("password_hash", BoundedText(MAX_HASH_LENGTH)),
    Column("password_scheme", BoundedText(MAX_SCHEME_LENGTH)),
    Column("status", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("credential_version", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", BoundedText(MAX_LANGUAGE_LENGTH)),
    Column("erase_at", Instant),
    CheckConstraint("username_key IS NOT NULL OR email_key IS NOT NULL", name="has_a_name"),
    Index("uq_users_username_key", "username_key", unique=True),
    Index("uq_users_username_skeleton", "username_skeleton", unique=True),
    Index("uq_users_email_key", "email_key", unique=True),
    Index("ix_users_password_scheme", "password_scheme"),
    Index(
        "ix_users_disabled_at",
        "disabled_at",
        sqlite_where=text("disabled_at IS NOT NULL"),
        postgresql_where=text("disabled_at IS NOT NULL"),
    ),
    Index(
        "ix_users_erase_at",
        "erase_at",
        sqlite_where=text("erase_at IS NOT NULL"),
        postgresql_where=text("erase_at IS NOT NULL"),
    ),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column(
        "user_id",
        BoundedText(ID_LENGTH),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("role", BoundedText(MAX_ROLE_LENGTH), primary_key=True),
    Index("ix_user_roles_role", "role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column(
        "user_id",
        BoundedText(ID_LENGTH),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("client_address", BoundedText(MAX_ADDRESS_LENGTH)),
    Column("user_agent", BoundedText(MAX_USER_AGENT_LENGTH)),
    Column("scopes", BoundedText(MAX_SCOPES_LENGTH), nullable=False, server_default=text("''")),
    # NULL in the rows of versions that did not know them; `session_rows` says what it means.
    Column("authenticated_at", Instant),
    Column("last_seen_at", Instant),
    Column("idle_until", Instant),
    Column("refresh_live", Integer, nullable=False, server_default="1"),
    Column(
        "refresh_spent", BoundedText(MAX_SPENT_LENGTH), nullable=False, server_default=text("''")
    ),
    Index("ix_sessions_user_id", "user_id"),
    # What a refresh changes stands in no index, so that PostgreSQL can write the new row beside
    # the old one and touch nothing else; the free space is for that.
    Index("ix_sessions_expires_at", "expires_at"),
    Index(
        "ix_sessions_ended_at",
        "ended_at",
        sqlite_where=text("ended_at IS NOT NULL"),
        postgresql_where=text("ended_at IS NOT NULL"),
    ),
    postgresql_with={"fillfactor": 80},
)

state_changes = Table(
    "state_changes",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("user_id", BoundedText(ID_LENGTH), nullable=False),  # may be gone
    Column("at", Instant, nullable=False),
    Index("ix_state_changes_at", "at"),
    sqlite_autoincrement=True,  # or numbers would begin anew when all rows have been pruned
)

leases = Table(
    "leases",
    metadata,
    Column("name", BoundedText(MAX_LEASE_NAME_LENGTH), primary_key=True),
    Column("holder", BoundedText(ID_LENGTH), nullable=False),
    Column("until", Instant, nullable=False),
)

attempt_counters = Table(
    "attempt_counters",
    metadata,
    Column("key", BoundedText(MAX_COUNTER_KEY_LENGTH), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("rests_until", Instant, nullable=False),
    Column("kept_until", Instant, nullable=False),
    # Only this is in an index, and it changes once in an hour: all else is changed in place.
    Index("ix_attempt_counters_kept_until", "kept_until"),
    postgresql_with={"fillfactor": 50},
)

# Of the version before, whose instances may still run beside those of this one.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", BoundedText(128), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last", Instant, nullable=False),
    Index("ix_sign_in_failures_last", "last"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", BoundedText(KEY_ID_LENGTH), primary_key=True),
    Column("algorithm", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("state", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("public_jwk", BoundedText(MAX_PUBLIC_JWK_LENGTH), nullable=False),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state_since", Instant),  # NULL in the rows of versions that did not know it
    Index(
        "uq_signing_keys_announced",
        "algorithm",
        unique=True,
        sqlite_where=text("state = 'announced'"),
        postgresql_where=text("state = 'announced'"),
    ),
    Index(
        "uq_signing_keys_signing",
        "algorithm",
        unique=True,
        sqlite_where=text("state = 'signing'"),
        postgresql_where=text("state = 'signing'"),
    ),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column("purpose", BoundedText(MAX_PURPOSE_LENGTH), nullable=False),
    Column("subject", BoundedText(MAX_SUBJECT_LENGTH), nullable=False),
    Column("user_id", BoundedText(ID_LENGTH), ForeignKey("users.id", ondelete="CASCADE")),
    Column("email_value", BoundedText(MAX_ADDRESS_OCTETS), nullable=False),
    Column("email_key", BoundedText(MAX_EMAIL_KEY_LENGTH), nullable=False),
    Column("credential_version", Integer),
    Column("digest", BoundedText(MAX_DIGEST_LENGTH), nullable=False),
    Column("flow_digest", BoundedText(MAX_DIGEST_LENGTH)),
    Column("content", BoundedText(MAX_TOKEN_CONTENT_LENGTH)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("tries", Integer, nullable=False),
    Index("uq_one_time_tokens_digest", "digest", unique=True),
    Index("uq_one_time_tokens_purpose_subject", "purpose", "subject", unique=True),
    Index(
        "ix_one_time_tokens_user_id",
        "user_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
    Index("ix_one_time_tokens_expires_at", "expires_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column("channel", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("kind", BoundedText(MAX_KIND_LENGTH), nullable=False),
    Column("recipient", BoundedText(MAX_RECIPIENT_LENGTH), nullable=False),
    Column("recipient_key", BoundedText(MAX_RECIPIENT_LENGTH), nullable=False),
    Column("user_id", BoundedText(ID_LENGTH)),  # may be gone
    Column("content", BoundedText(MAX_CONTENT_LENGTH), nullable=False),
    Column("language", BoundedText(MAX_LANGUAGE_LENGTH)),
    Column("network", BoundedText(MAX_NETWORK_LENGTH)),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("error", BoundedText(MAX_ERROR_LENGTH)),
    # When somebody may take it: when it is due, or when whoever has claimed it should be done.
    Column("free_at", Instant, nullable=False),
    Column("holder", BoundedText(ID_LENGTH)),
    Index(
        "ix_outbox_free_at",
        "channel",
        "free_at",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_outbox_recipient_key",
        "recipient_key",
        "created_at",
        sqlite_where=text("user_id IS NULL"),
        postgresql_where=text("user_id IS NULL"),
    ),
    Index(
        "ix_outbox_network",
        "network",
        "created_at",
        sqlite_where=text("user_id IS NULL"),
        postgresql_where=text("user_id IS NULL"),
    ),
    Index(
        "ix_outbox_user_id",
        "user_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_sent",
        "due_at",
        sqlite_where=text("state = 'done'"),
        postgresql_where=text("state = 'done'"),
    ),
    Index(
        "ix_outbox_unsent",
        "expires_at",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column("url", BoundedText(MAX_URL_LENGTH), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

webhook_subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    Column("event", BoundedText(MAX_KIND_LENGTH), primary_key=True),
    Column(
        "endpoint_id",
        BoundedText(ID_LENGTH),
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Index("ix_webhook_subscriptions_endpoint_id", "endpoint_id"),
)
