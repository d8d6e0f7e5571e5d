"""The errands of a deployment, without a server."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from hexkey.entrypoints.container import Container
from hexkey.entrypoints.first_start import warn


async def run_errands(container: Container) -> None:
    """Do them until SIGTERM or SIGINT; what is claimed by then is finished or given back."""
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    warn(container.settings())
    errands = container.worker()
    async with _letting_go(container):
        errands.start()
        await told_to_stop.wait()
        await errands.stop()


async def run_errands_once(container: Container) -> Mapping[str, int]:
    """Do what is due now; how many messages were tried, and accounts erased.

    Raises:
        TemporarilyUnavailable: if the store is away.
    """
    async with _letting_go(container):
        return {
            "erased": await container.erase_due()(),
            "mails": await container.deliver_mail()(),
            "webhooks": await container.deliver_webhooks()(),
        }


@asynccontextmanager
async def _letting_go(container: Container) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await container.mail_sender().close()
        await container.webhook_sender().close()
