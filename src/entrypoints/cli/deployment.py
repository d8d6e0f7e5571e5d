"""From a command to the use cases of the deployment it is run for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hexkey.application.audit.context import RequestContext, serving
from hexkey.application.audit.sealing import AuditChainBroken
from hexkey.application.ports.storage import Storage
from hexkey.domain.audit.event import OPERATOR
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.entrypoints.cli.garbage import spare_what_stays
from hexkey.entrypoints.cli.refusals import CommandRefused
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.logs import configure_logging
from hexkey.entrypoints.settings import Settings, load_settings

T = TypeVar("T")
_log = logging.getLogger("hexkey.cli")


def configured() -> Settings:
    """The settings; logs go where these say from now on.

    Raises:
        BadConfiguration: if they cannot be used.
    """
    settings = load_settings()
    configure_logging(settings)
    return settings


def run(deed: Callable[[Container], Awaitable[T]], *, sealing: bool = True) -> T:
    """The result of `deed`, done on the open storage of this deployment.

    Args:
        sealing: whether events of the audit trail get their place in the chain afterwards.

    Raises:
        BadConfiguration, StorageUnusable, TemporarilyUnavailable: if it cannot be opened.
        CommandRefused: if the storage would be gone with this process.
    """
    container = build_container(_lasting(configured()))
    spare_what_stays()
    return asyncio.run(_opened(container, deed, sealing=sealing))


def migrate_storage() -> bool:
    """Bring the schema up to date.

    Returns:
        Whether there was anything to do.
    """
    container = build_container(_lasting(configured()))
    spare_what_stays()
    return asyncio.run(_migrated(container))


def _lasting(settings: Settings) -> Settings:
    if settings.storage == "memory":
        raise CommandRefused(
            "storage_of_one_process",
            "HEXKEY_DATABASE_URL is memory://, which only the server's own process can see.",
        )
    return settings


async def _opened(
    container: Container, deed: Callable[[Container], Awaitable[T]], *, sealing: bool
) -> T:
    storage = container.storage()
    try:
        await storage.open()
        try:
            with serving(RequestContext(actor=OPERATOR)):
                return await deed(container)
        finally:
            if sealing:
                await _seal(container)
    finally:
        await storage.close()
        container.hashing_pool().close()


async def _seal(container: Container) -> None:
    """Write down and link what was done: there may be no server that would."""
    try:
        await container.refusals().write()
        await container.seal_audit_trail()()
    except AuditChainBroken as error:
        _log.warning("%s: see hexkey audit verify", error)
    except TemporarilyUnavailable:  # the deed is done; the next command or server links it
        _log.warning("the audit trail could not be linked now")


async def _migrated(container: Container) -> bool:
    storage: Storage = container.storage()
    try:
        return await storage.migrate()
    finally:
        await storage.close()
