"""The memory of one process as a storage: always there, gone with the process."""

from collections.abc import Mapping

from hexkey.application.ports.storage import Storage


class MemoryStorage(Storage):
    """Nothing to open, migrate or close."""

    async def open(self) -> None:
        pass

    async def migrate(self) -> bool:
        return False

    async def close(self) -> None:
        pass

    async def findings(self) -> Mapping[str, str | None]:
        return {"database": None}
