"""The storage as a whole, for whoever starts and watches the service."""

from collections.abc import Mapping
from typing import Protocol


class StorageUnusable(Exception):
    """The storage is not as this version of Hexkey needs it; the message says what to do."""


class Storage(Protocol):
    """What all stores of a deployment share: one database, or the memory of one process."""

    async def open(self) -> None:
        """Make ready for use; may be called again after `close`.

        Raises:
            StorageUnusable: if the schema is missing, older or newer.
            TemporarilyUnavailable: if it cannot be reached.
        """
        ...

    async def migrate(self) -> bool:
        """Bring the schema to this version; several that try at once do not harm each other.

        Returns:
            Whether there was anything to do.

        Raises:
            StorageUnusable: if the schema is newer than this version of Hexkey.
            TemporarilyUnavailable: if it cannot be reached.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...

    async def findings(self) -> Mapping[str, str | None]:
        """What keeps requests from being served, by name of the check; `None` where nothing does.

        Never raises.
        """
        ...
