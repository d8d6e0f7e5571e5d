"""One-time tokens, outbox and webhooks in memory keep the promises of their ports."""

import pytest

from hexkey.adapters.memory.arrivals import InProcessArrivals
from hexkey.adapters.memory.change_log import MemoryChangeLog
from hexkey.adapters.memory.directories import MemoryUserDirectory
from hexkey.adapters.memory.outbox_archive import MemoryOutboxArchive
from hexkey.adapters.memory.outbox_queue import MemoryOutboxQueue
from hexkey.adapters.memory.store import MemoryStore
from hexkey.adapters.memory.webhook_endpoints import MemoryWebhookEndpoints
from tests.contracts.arrivals import ArrivalsContract
from tests.contracts.erasing import ErasingContract
from tests.contracts.one_time_tokens import OneTimeTokensContract
from tests.contracts.outbox import OutboxArchiveContract, OutboxContract
from tests.contracts.outbox_queue import OutboxQueueContract
from tests.contracts.webhook_endpoints import WebhookEndpointsContract

pytestmark = pytest.mark.anyio


class _OnOneStore:
    @pytest.fixture
    def arrivals(self) -> InProcessArrivals:
        return InProcessArrivals()

    @pytest.fixture
    def store(self, arrivals: InProcessArrivals) -> MemoryStore:
        return MemoryStore(arrivals)

    @pytest.fixture
    def archive(self, store: MemoryStore) -> MemoryOutboxArchive:
        return MemoryOutboxArchive(store)


class TestInProcessArrivals(_OnOneStore, ArrivalsContract): ...


class TestMemoryOneTimeTokens(_OnOneStore, OneTimeTokensContract): ...


class TestMemoryOutbox(_OnOneStore, OutboxContract): ...


class TestMemoryOutboxArchive(_OnOneStore, OutboxArchiveContract): ...


class TestMemoryOutboxQueue(_OnOneStore, OutboxQueueContract):
    @pytest.fixture
    def queue(self, store: MemoryStore) -> MemoryOutboxQueue:
        return MemoryOutboxQueue(store)


class TestMemoryWebhookEndpoints(_OnOneStore, WebhookEndpointsContract):
    @pytest.fixture
    def endpoints(self, store: MemoryStore) -> MemoryWebhookEndpoints:
        return MemoryWebhookEndpoints(store)


class TestMemoryErasing(_OnOneStore, ErasingContract):
    @pytest.fixture
    def directory(self, store: MemoryStore) -> MemoryUserDirectory:
        return MemoryUserDirectory(store)

    @pytest.fixture
    def log(self, store: MemoryStore) -> MemoryChangeLog:
        return MemoryChangeLog(store)
