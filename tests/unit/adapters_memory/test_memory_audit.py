"""The audit trail in dicts, as the ports say."""

import pytest

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.adapters.memory.store import MemoryStore
from tests.contracts.audit import AuditArchiveContract, AuditChainContract, AuditTrailContract

pytestmark = pytest.mark.anyio


class _OnOneStore:
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def archive(self, store: MemoryStore) -> MemoryAuditArchive:
        return MemoryAuditArchive(store)

    @pytest.fixture
    def chain(self, store: MemoryStore) -> MemoryAuditChain:
        return MemoryAuditChain(store)


class TestMemoryAuditTrail(_OnOneStore, AuditTrailContract): ...


class TestMemoryAuditArchive(_OnOneStore, AuditArchiveContract): ...


class TestMemoryAuditChain(_OnOneStore, AuditChainContract): ...
