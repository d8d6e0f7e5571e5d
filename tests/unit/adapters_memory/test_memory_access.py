"""Roles and API keys in dicts keep the promises of their ports."""

import pytest

from hexkey.adapters.memory.access_directories import MemoryApiKeyDirectory, MemoryRoleDirectory
from hexkey.adapters.memory.store import MemoryStore
from tests.contracts.access_store import AccessStoreContract
from tests.contracts.api_keys import ApiKeyDirectoryContract

pytestmark = pytest.mark.anyio


class _OnOneStore:
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestMemoryAccessStore(_OnOneStore, AccessStoreContract):
    @pytest.fixture
    def role_directory(self, store: MemoryStore) -> MemoryRoleDirectory:
        return MemoryRoleDirectory(store)


class TestMemoryApiKeyDirectory(_OnOneStore, ApiKeyDirectoryContract):
    @pytest.fixture
    def key_directory(self, store: MemoryStore) -> MemoryApiKeyDirectory:
        return MemoryApiKeyDirectory(store)
