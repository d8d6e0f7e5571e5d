"""SU-04: one-time tokens, outbox and webhooks on SQLite and on PostgreSQL, as the ports say."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.memory.arrivals import InProcessArrivals
from hexkey.adapters.sql.change_log import SqlChangeLog
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from tests.contracts.erasing import ErasingContract
from tests.contracts.one_time_tokens import OneTimeTokensContract
from tests.contracts.outbox import OutboxArchiveContract, OutboxContract
from tests.contracts.outbox_queue import OutboxQueueContract
from tests.contracts.webhook_endpoints import WebhookEndpointsContract

pytestmark = pytest.mark.anyio


class _OnOneDatabase:
    @pytest.fixture
    def arrivals(self) -> InProcessArrivals:
        return InProcessArrivals()

    @pytest.fixture
    def store(self, engine: AsyncEngine, arrivals: InProcessArrivals) -> SqlStore:
        return SqlStore(engine, arrivals)

    @pytest.fixture
    def archive(self, engine: AsyncEngine) -> SqlOutboxArchive:
        return SqlOutboxArchive(engine)


class TestSqlOneTimeTokens(_OnOneDatabase, OneTimeTokensContract): ...


class TestSqlOutbox(_OnOneDatabase, OutboxContract): ...


class TestSqlOutboxArchive(_OnOneDatabase, OutboxArchiveContract): ...


class TestSqlOutboxQueue(_OnOneDatabase, OutboxQueueContract):
    @pytest.fixture
    def queue(self, engine: AsyncEngine) -> SqlOutboxQueue:
        return SqlOutboxQueue(engine)


class TestSqlWebhookEndpoints(_OnOneDatabase, WebhookEndpointsContract):
    @pytest.fixture
    def endpoints(self, engine: AsyncEngine) -> SqlWebhookEndpoints:
        return SqlWebhookEndpoints(engine)


class TestSqlErasing(_OnOneDatabase, ErasingContract):
    @pytest.fixture
    def directory(self, engine: AsyncEngine) -> SqlUserDirectory:
        return SqlUserDirectory(engine)

    @pytest.fixture
    def log(self, engine: AsyncEngine) -> SqlChangeLog:
        return SqlChangeLog(engine)
