"""The tables of roles, of API keys, and of whether this deployment is administered at all."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from hexkey.adapters.sql.column_types import BoundedText, Instant
from hexkey.adapters.sql.tables import MAX_WORD_LENGTH, metadata
from hexkey.domain.access import MAX_PERMISSION_LENGTH, MAX_ROLE_LENGTH, MAX_SCOPES_LENGTH
from hexkey.domain.accounts.one_time_token import MAX_DIGEST_LENGTH
from hexkey.domain.identifiers import ID_LENGTH
from hexkey.domain.sessions.api_key import MAX_KEY_NAME_LENGTH

roles = Table(
    "roles",
    metadata,
    Column("name", BoundedText(MAX_ROLE_LENGTH), primary_key=True),
    Column("created_at", Instant, nullable=False),
)

role_permissions = Table(
    "role_permissions",
    metadata,
    Column(
        "role",
        BoundedText(MAX_ROLE_LENGTH),
        ForeignKey("roles.name", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("permission", BoundedText(MAX_PERMISSION_LENGTH), primary_key=True),
)

# One row at most. Whoever takes an administrator away changes it first, so that of two who take
# the last two away, at whatever isolation, the second one sees what the first has done or fails.
administration = Table(
    "administration",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("begun_at", Instant),
    Column("revision", Integer, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BoundedText(ID_LENGTH), primary_key=True),
    Column(
        "owner_id",
        BoundedText(ID_LENGTH),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("kind", BoundedText(MAX_WORD_LENGTH), nullable=False),
    Column("name", BoundedText(MAX_KEY_NAME_LENGTH), nullable=False),
    Column("digest", BoundedText(MAX_DIGEST_LENGTH), nullable=False),
    Column("scopes", BoundedText(MAX_SCOPES_LENGTH), nullable=False),
    Column("credential_version", Integer),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Index("uq_api_keys_digest", "digest", unique=True),
    Index("ix_api_keys_owner_id", "owner_id"),
    Index("ix_api_keys_expires_at", "expires_at"),
)
