"""From a container to a service that can take requests, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hexkey import __version__
from hexkey.application.audit.context import RequestContext, serving
from hexkey.domain.audit.event import SYSTEM
from hexkey.entrypoints.cli.setting_rows import setting_rows
from hexkey.entrypoints.container import Container
from hexkey.entrypoints.first_start import warn
from hexkey.entrypoints.settings import setting_name


class Runtime:
    """Opens the storage and loads the keys, once; closes them again.

    Args:
        container: where everything comes from.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._lock = asyncio.Lock()
        self._running = False
        self._background = container.background()

    async def start(self) -> None:
        """Make ready; a second call does nothing.

        A server calls this by the lifespan. The lifespan of a mounted application is nobody's
        business, so the first request calls it too.

        Raises:
            BadConfiguration: if the filter of breached passwords cannot be used.
            TemporarilyUnavailable: if the storage cannot be reached.
            UnusableKey: if a stored key cannot be used, as with another master secret.
        """
        if self._running:
            return
        async with self._lock:
            if not self._running:
                self._container.breached_passwords()  # mapped, or a reason not to start
                self._container.hashing_pool().open()
                await self._container.storage().open()
                await self._container.ensure_signing_key()()
                await self._note_start()
                warn(self._container.settings())
                self._background.start()
                self._running = True

    async def _note_start(self) -> None:
        """Write down the configuration, without its secrets and whatever is as it comes."""
        settings = self._container.settings()
        chosen = {setting_name(field) for field in settings.model_fields_set}
        rows = setting_rows(settings)
        shown = {row["name"]: str(row["value"]) for row in rows if row["name"] in chosen}
        with serving(RequestContext(actor=SYSTEM)):
            await self._container.note_start()(settings={"version": __version__, **shown})

    async def stop(self) -> None:
        """Let go of threads and connections; `start` may be called again."""
        self._running = False
        await self._background.stop()
        await self._container.throttle().settled()
        await self._container.redis_failures().close()
        await self._container.mail_sender().close()
        await self._container.webhook_sender().close()
        await self._container.storage().close()
        self._container.hashing_pool().close()

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        """Run for as long as the server does."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()
