"""What may stand in a row: nothing longer than its column, and nothing that contradicts itself."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, String, create_engine, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.column_types import BoundedText, Instant
from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import metadata
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.adapters.sql.user_rows import row_from
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from hexkey.domain import access, identifiers, keys, outbox, webhooks
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts import email, one_time_token, password, profile, user, username
from hexkey.domain.accounts.user import Disabled
from hexkey.domain.audit import chain
from hexkey.domain.audit import event as audit_event
from hexkey.domain.authentication import rules, throttle
from hexkey.domain.sessions import api_key, session
from tests.contracts.account_store import added
from tests.contracts.one_time_tokens import kept as token_kept
from tests.contracts.one_time_tokens import put
from tests.contracts.outbox import queued
from tests.contracts.outbox_queue import claimed
from tests.contracts.session_store import opened
from tests.support.builders import (
    a_message,
    a_one_time_token,
    a_session,
    a_signing_key,
    a_user,
    an_endpoint,
    an_id,
)
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

DIALECTS: list[Any] = [
    create_engine(f"{name}://").dialect for name in ("sqlite", "postgresql+asyncpg")
]

OUR_OWN_WORDS = 16  # states and algorithms: never text from outside

# What the domain enforces, or what its ids are long.
LENGTHS = {
    "users.id": identifiers.ID_LENGTH,
    "users.username_value": username.MAX_USERNAME_LENGTH,
    "users.username_key": username.MAX_USERNAME_LENGTH,
    "users.username_skeleton": username.MAX_SKELETON_LENGTH,
    "users.email_value": email.MAX_ADDRESS_OCTETS,
    "users.email_key": email.MAX_EMAIL_KEY_LENGTH,
    "users.full_name": profile.MAX_FULL_NAME_LENGTH,
    "users.picture": profile.MAX_PICTURE_LENGTH,
    "users.password_hash": password.MAX_HASH_LENGTH,
    "users.password_scheme": password.MAX_SCHEME_LENGTH,
    "users.status": OUR_OWN_WORDS,
    "users.language": user.MAX_LANGUAGE_LENGTH,
    "user_roles.user_id": identifiers.ID_LENGTH,
    "user_roles.role": access.MAX_ROLE_LENGTH,
    "sessions.id": identifiers.ID_LENGTH,
    "sessions.user_id": identifiers.ID_LENGTH,
    "sessions.client_address": session.MAX_ADDRESS_LENGTH,
    "sessions.user_agent": session.MAX_USER_AGENT_LENGTH,
    "sessions.scopes": access.MAX_SCOPES_LENGTH,
    "sessions.refresh_spent": 255,  # REMEMBERED instants of 13 digits, and commas
    "state_changes.user_id": identifiers.ID_LENGTH,
    "leases.name": 64,
    "leases.holder": identifiers.ID_LENGTH,
    "attempt_counters.key": throttle.MAX_COUNTER_KEY_LENGTH,
    "sign_in_failures.key": 128,
    "signing_keys.id": identifiers.KEY_ID_LENGTH,
    "signing_keys.algorithm": OUR_OWN_WORDS,
    "signing_keys.state": OUR_OWN_WORDS,
    "signing_keys.public_jwk": keys.MAX_PUBLIC_JWK_LENGTH,
    "one_time_tokens.id": identifiers.ID_LENGTH,
    "one_time_tokens.purpose": 32,
    "one_time_tokens.subject": one_time_token.MAX_SUBJECT_LENGTH,
    "one_time_tokens.user_id": identifiers.ID_LENGTH,
    "one_time_tokens.email_value": email.MAX_ADDRESS_OCTETS,
    "one_time_tokens.email_key": email.MAX_EMAIL_KEY_LENGTH,
    "one_time_tokens.digest": one_time_token.MAX_DIGEST_LENGTH,
    "one_time_tokens.flow_digest": one_time_token.MAX_DIGEST_LENGTH,
    "one_time_tokens.content": one_time_token.MAX_CONTENT_LENGTH,
    "outbox.id": identifiers.ID_LENGTH,
    "outbox.channel": OUR_OWN_WORDS,
    "outbox.kind": outbox.MAX_KIND_LENGTH,
    "outbox.recipient": outbox.MAX_RECIPIENT_LENGTH,
    "outbox.recipient_key": outbox.MAX_RECIPIENT_LENGTH,
    "outbox.user_id": identifiers.ID_LENGTH,
    "outbox.content": outbox.MAX_CONTENT_LENGTH,
    "outbox.language": user.MAX_LANGUAGE_LENGTH,
    "outbox.network": outbox.MAX_NETWORK_LENGTH,
    "outbox.state": OUR_OWN_WORDS,
    "outbox.error": outbox.MAX_ERROR_LENGTH,
    "outbox.holder": identifiers.ID_LENGTH,
    "roles.name": access.MAX_ROLE_LENGTH,
    "role_permissions.role": access.MAX_ROLE_LENGTH,
    "role_permissions.permission": access.MAX_PERMISSION_LENGTH,
    "api_keys.id": identifiers.ID_LENGTH,
    "api_keys.owner_id": identifiers.ID_LENGTH,
    "api_keys.kind": OUR_OWN_WORDS,
    "api_keys.name": api_key.MAX_KEY_NAME_LENGTH,
    "api_keys.digest": one_time_token.MAX_DIGEST_LENGTH,
    "api_keys.scopes": access.MAX_SCOPES_LENGTH,
    "audit_chain.digest": chain.DIGEST_LENGTH,
    "audit_chain.mac": chain.DIGEST_LENGTH,
    "audit_chain.pruned_digest": chain.DIGEST_LENGTH,
    "audit_events.id": identifiers.ID_LENGTH,
    "audit_events.type": audit_event.MAX_TYPE_LENGTH,
    "audit_events.actor": audit_event.MAX_ACTOR_LENGTH,
    "audit_events.subject": audit_event.MAX_AUDITED_SUBJECT_LENGTH,
    "audit_events.client": audit_event.MAX_AUDITED_CLIENT_LENGTH,
    "audit_events.address": audit_event.MAX_AUDITED_ADDRESS_LENGTH,
    "audit_events.session_hash": chain.DIGEST_LENGTH,
    "audit_events.request_id": audit_event.MAX_REQUEST_ID_LENGTH,
    "audit_events.outcome": OUR_OWN_WORDS,
    "audit_events.reason": audit_event.MAX_REASON_LENGTH,
    "audit_events.details": audit_event.MAX_AUDITED_DETAILS_LENGTH,
    "audit_events.explanation": audit_event.MAX_EXPLANATION_LENGTH,
    "audit_events.digest": chain.DIGEST_LENGTH,
    "webhook_endpoints.id": identifiers.ID_LENGTH,
    "webhook_endpoints.url": webhooks.MAX_URL_LENGTH,
    "webhook_subscriptions.event": outbox.MAX_KIND_LENGTH,
    "webhook_subscriptions.endpoint_id": identifiers.ID_LENGTH,
}


def _texts() -> list[Column[Any]]:
    columns = (column for table in metadata.sorted_tables for column in table.columns)
    return [c for c in columns if isinstance(c.type, (String, BoundedText))]


class TestEveryText:
    def test_in_10_has_the_length_that_the_domain_enforces(self) -> None:
        """IN-10: model and schema agree, column by column; a new column must be entered here."""
        found = {f"{c.table.name}.{c.name}": getattr(c.type, "length", None) for c in _texts()}

        assert found == LENGTHS

    @pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
    @pytest.mark.parametrize("column", _texts(), ids=str)
    def test_in_10_is_stopped_before_any_database_when_it_is_too_long(
        self, column: Column[Any], dialect: Any
    ) -> None:
        """IN-10, X15: SQLite would store it, PostgreSQL refuse it; so neither is asked."""
        assert isinstance(column.type, BoundedText)
        fits = "\U0001f511" * column.type.length

        assert column.type.process_bind_param(fits, dialect) == fits
        for bad in (fits + "x", "a\0b"):
            with pytest.raises(ValueError, match="characters"):
                column.type.process_bind_param(bad, dialect)

    async def test_in_10_fits_into_its_column_at_full_length(self, engine: AsyncEngine) -> None:
        """IN-10: unique indexes included; PostgreSQL's are limited in octets."""
        full: dict[str, Any] = {
            name: "\U0001f511" * LENGTHS[f"users.{name}"]
            for name in map(str, metadata.tables["users"].columns.keys())
            if f"users.{name}" in LENGTHS
        }
        users = metadata.tables["users"]
        async with engine.connect() as connection:
            await connection.execute(insert(users), row_from(a_user(email="a@b.c")) | full)
            row = (await connection.execute(select(users))).one()

        assert {name: row._mapping[name] for name in full} == full

    def test_a_long_skeleton_or_key_is_refused_by_the_domain(self) -> None:
        name = username.Username("x", "x", "x" * (username.MAX_SKELETON_LENGTH + 1))
        with pytest.raises(username.InvalidUsername):
            username.ensure_usable(name)
        with pytest.raises(email.InvalidEmail):
            email.canonical_key("\ufdfa" * 20, "example.com")  # each becomes 18 characters

    def test_the_longest_counter_key_fits(self) -> None:
        address = "2001:db8:1234:5678:9abc:def0:1234:5678"
        tried = [
            rules.Attempted(account="f" * 64, address=address),
            rules.Attempted(account=f"{'f' * 36}.{10**10}", address=address, device="f" * 32),
        ]

        keys = [attempted.key(rule) for attempted in tried for rule in rules.Rule]
        assert max(map(len, keys)) <= throttle.MAX_COUNTER_KEY_LENGTH


class TestInstants:
    @pytest.mark.parametrize(
        "instant",
        [
            START,
            datetime(2026, 1, 1, 0, 0, 0, 999000, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 1000, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
            datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        ],
        ids=str,
    )
    async def test_come_back_as_the_same_instant_in_utc(
        self, engine: AsyncEngine, instant: datetime
    ) -> None:
        user = a_user(now=instant)
        await added(SqlStore(engine), user)

        found = await SqlUserDirectory(engine).find(user.id)

        assert found is not None
        assert (found.created_at, found.created_at.tzinfo) == (instant, UTC)

    @pytest.mark.parametrize(
        "instant",
        [datetime(2026, 1, 1), datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)],  # noqa: DTZ001 - the naive one is the point
        ids=["naive", "microseconds"],
    )
    @pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
    def test_that_could_not_come_back_unchanged_are_refused(
        self, instant: datetime, dialect: Any
    ) -> None:
        with pytest.raises(ValueError, match="aware"):
            Instant().process_bind_param(instant, dialect)


class TestImpossibleRows:
    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE users SET status = 'banned'",
            "UPDATE users SET disabled_at = created_at",
            "UPDATE users SET status = 'disabled'",
            "UPDATE users SET username_skeleton = NULL",
            "UPDATE users SET username_value = NULL",
            "UPDATE users SET email_value = NULL",
            "UPDATE users SET email_key = NULL",
        ],
    )
    async def test_users_are_refused_instead_of_half_believed(
        self, engine: AsyncEngine, damage: str
    ) -> None:
        user = a_user(email="a@b.example")
        session = a_session(user=user)
        await opened(SqlStore(engine), user, sessions=[session])
        await _run(engine, damage)

        with pytest.raises(ImpossibleRow, match=user.id):
            await SqlUserDirectory(engine).find(user.id)
        with pytest.raises(ImpossibleRow, match=user.id):
            await SqlSignedInDirectory(engine).find(session.id)

    @pytest.mark.parametrize(
        "damage",
        ["refresh_spent = 'yesterday'", "refresh_spent = '1,2'", "refresh_live = 0"],
    )
    async def test_refresh_chains_are(self, engine: AsyncEngine, damage: str) -> None:
        user = a_user()
        damaged = a_session(user=user)
        await opened(SqlStore(engine), user, sessions=[damaged])
        await _run(engine, f"UPDATE sessions SET {damage}")

        with pytest.raises(ImpossibleRow, match=damaged.id):
            await SqlSignedInDirectory(engine).find(damaged.id)

    async def test_sessions_are(self, engine: AsyncEngine) -> None:
        user = a_user()
        broken = a_session(user=user)
        await opened(SqlStore(engine), user, sessions=[broken])
        await _run(engine, "UPDATE sessions SET expires_at = created_at")

        with pytest.raises(ImpossibleRow, match=broken.id):
            await SqlSignedInDirectory(engine).find(broken.id)

    @pytest.mark.parametrize(
        "damage",
        ["purpose = 'other'", *(f"content = '{it}'" for it in ("{", "[]", "{}", '"x"', "7"))],
    )
    async def test_one_time_tokens_are(self, engine: AsyncEngine, damage: str) -> None:
        token = a_one_time_token()
        await put(SqlStore(engine), token)
        await _run(engine, f"UPDATE one_time_tokens SET {damage}")

        with pytest.raises(ImpossibleRow, match=token.id):
            await token_kept(SqlStore(engine), token)

    @pytest.mark.parametrize(
        "damage",
        [
            "channel = 'pigeon'",
            "state = 'lost'",
            *(f"content = '{it}'" for it in ("{", "[]", "7", '{"a": 1}', '{"a": null}')),
        ],
    )
    async def test_messages_are(self, engine: AsyncEngine, damage: str) -> None:
        message = a_message()
        await queued(SqlStore(engine), message)
        await _run(engine, f"UPDATE outbox SET {damage}")

        with pytest.raises(ImpossibleRow, match=message.id):
            await SqlOutboxArchive(engine).find(message.id)

    async def test_of_messages_keep_no_worker_from_the_others(
        self, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
    ) -> None:
        damaged, sound = a_message(), a_message()
        await queued(SqlStore(engine), damaged, sound)
        await _run(engine, f"UPDATE outbox SET content = '{{' WHERE id = '{damaged.id}'")

        assert await claimed(SqlOutboxQueue(engine), an_id()) == [sound]
        assert damaged.id in caplog.text

    async def test_webhooks_are(self, engine: AsyncEngine) -> None:
        endpoints, endpoint = SqlWebhookEndpoints(engine), an_endpoint()
        await endpoints.add(endpoint)
        await _run(engine, "UPDATE webhook_subscriptions SET event = 'user.promoted'")

        with pytest.raises(ImpossibleRow, match=endpoint.id):
            await endpoints.all()

    @pytest.mark.parametrize("column", ["algorithm", "state", "public_jwk"])
    async def test_signing_keys_are(self, engine: AsyncEngine, column: str) -> None:
        keys = SqlSigningKeyStore(engine)
        await keys.add(a_signing_key())
        await _run(engine, f"UPDATE signing_keys SET {column} = 'other'")

        with pytest.raises(ImpossibleRow, match="cannot be read"):
            await keys.all()

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO user_roles VALUES ('nobody', 'admin')",
            "INSERT INTO sessions (id, user_id, created_at, expires_at)"  # noqa: ISC004
            " SELECT 'x', 'nobody', created_at, updated_at FROM users",
            "UPDATE users SET username_key = NULL, email_key = NULL",
            "INSERT INTO webhook_subscriptions VALUES ('user.created', 'nobody')",
        ],
    )
    async def test_the_database_refuses_what_hangs_in_the_air(
        self, engine: AsyncEngine, statement: str
    ) -> None:
        await added(SqlStore(engine), a_user())

        with pytest.raises(Exception, match=r"(?i)constraint"):
            await _run(engine, statement)


class TestAnAddressThatIsRegisteredAgain:
    async def test_id_08_gets_nothing_of_its_former_owner(self, engine: AsyncEngine) -> None:
        """ID-08: sessions and roles go with the account, and belong to its id, not its address."""
        store = SqlStore(engine)
        former = a_user(username="ann", email="ann@example.com", roles=frozenset((ADMIN,)))
        session = a_session(user=former)
        await opened(store, former, sessions=[session])
        await _run(engine, f"DELETE FROM users WHERE id = '{former.id}'")

        heir = a_user(username="ann", email="ann@example.com")
        await added(store, heir)

        found = await SqlUserDirectory(engine).find_by_email("ann@example.com")
        assert found == heir
        assert found.roles == frozenset()
        assert await SqlSignedInDirectory(engine).find(session.id) is None

    async def test_id_08_an_account_keeps_its_id_and_sessions_under_another_address(
        self, engine: AsyncEngine
    ) -> None:
        store, user = SqlStore(engine), a_user(email="old@example.com")
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        moved = a_user(
            id=user.id, email="new@example.com", status=Disabled(START), version=user.version + 1
        )
        async with store.begin() as transaction:
            assert await transaction.users.replace(user, moved)
            await transaction.commit()

        found = await SqlSignedInDirectory(engine).find(session.id)
        assert found is not None
        assert (found.user, found.session) == (moved, session)


async def _run(engine: AsyncEngine, statement: str) -> None:
    async with engine.connect() as connection:
        await connection.execute(text(statement))
        await connection.commit()
