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
from hexkey.domain.access import MAX_ROLE_LENGTH
from hexkey.domain.accounts.email import MAX_ADDRESS_OCTETS, MAX_EMAIL_KEY_LENGTH
from hexkey.domain.accounts.password import MAX_HASH_LENGTH, MAX_SCHEME_LENGTH
from hexkey.domain.accounts.profile import MAX_FULL_NAME_LENGTH, MAX_PICTURE_LENGTH
from hexkey.domain.accounts.username import MAX_SKELETON_LENGTH, MAX_USERNAME_LENGTH
from hexkey.domain.authentication.throttle import MAX_COUNTER_KEY_LENGTH
from hexkey.domain.identifiers import ID_LENGTH, KEY_ID_LENGTH
from hexkey.domain.keys import MAX_PUBLIC_JWK_LENGTH

MAX_WORD_LENGTH = 16  # of our own words: states and algorithms

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
    CheckConstraint("username_key IS NOT NULL OR email_key IS NOT NULL", name="has_a_name"),
    Index("uq_users_username_key", "username_key", unique=True),
    Index("uq_users_username_skeleton", "username_skeleton", unique=True),
    Index("uq_users_email_key", "email_key", unique=True),
    Index("ix_users_password_scheme", "password_scheme"),
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
    Index("ix_sessions_user_id", "user_id"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("key", BoundedText(MAX_COUNTER_KEY_LENGTH), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last", Instant, nullable=False),
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
    Index(
        "uq_signing_keys_signing",
        "algorithm",
        unique=True,
        sqlite_where=text("state = 'signing'"),
        postgresql_where=text("state = 'signing'"),
    ),
)
