"""What `Storage` promises."""

import asyncio
from abc import ABC, abstractmethod

from hexkey.application.ports.storage import Storage


class StorageContract(ABC):
    """Subclass as `TestXxxStorage`; `storage` is empty, and may be brought to its schema."""

    @abstractmethod
    def storage(self) -> Storage: ...

    async def test_is_ready_once_it_is_migrated_and_open(self, storage: Storage) -> None:
        await storage.migrate()
        await storage.open()

        assert set((await storage.findings()).values()) == {None}

    async def test_may_be_opened_again_after_it_was_closed(self, storage: Storage) -> None:
        await storage.migrate()
        await storage.open()

        await storage.close()
        await storage.open()

        assert set((await storage.findings()).values()) == {None}

    async def test_has_nothing_to_migrate_the_second_time(self, storage: Storage) -> None:
        await storage.migrate()

        assert await storage.migrate() is False

    async def test_is_migrated_by_one_of_many_that_try_at_once(self, storage: Storage) -> None:
        changed = await asyncio.gather(*(storage.migrate() for _ in range(5)))

        assert changed.count(True) <= 1
        await storage.open()

    async def test_tells_what_it_finds_before_anything_is_ready(self, storage: Storage) -> None:
        assert await storage.findings()
