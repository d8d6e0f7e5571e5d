"""The storage as a whole, in memory and on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hexkey.adapters.memory.storage import MemoryStorage
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.storage import SqlStorage
from hexkey.application.ports.storage import Storage, StorageUnusable
from hexkey.domain.errors import TemporarilyUnavailable
from tests.contracts.storage import StorageContract

pytestmark = pytest.mark.anyio


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return MemoryStorage()


class TestSqlStorage(StorageContract):
    @pytest.fixture
    async def storage(self, empty_database_url: str) -> AsyncIterator[Storage]:
        storage = SqlStorage(make_engine(empty_database_url), migrates_itself=False)
        yield storage
        await storage.close()

    async def test_does_not_open_without_its_schema(self, storage: Storage) -> None:
        with pytest.raises(StorageUnusable, match="hexkey migrate"):
            await storage.open()

    async def test_finds_that_its_schema_is_missing(self, storage: Storage) -> None:
        found = await storage.findings()

        assert found["database"] is None
        assert "hexkey migrate" in str(found["migrations"])


class TestEmbeddedStorage:
    async def test_migrates_itself(self, tmp_path: Path) -> None:
        storage = SqlStorage(make_engine(f"sqlite:///{tmp_path}/new.db"), migrates_itself=True)

        await storage.open()

        assert await storage.migrate() is False
        await storage.close()


class TestUnreachableStorage:
    @pytest.fixture
    def storage(self) -> Storage:
        engine = make_engine("postgresql://nobody@127.0.0.1:9/nothing")
        return SqlStorage(engine, migrates_itself=False)

    async def test_refuses_to_open_for_now(self, storage: Storage) -> None:
        with pytest.raises(TemporarilyUnavailable):
            await storage.open()

    async def test_finds_that_out_without_raising(self, storage: Storage) -> None:
        assert (await storage.findings())["database"] == "cannot be reached"
