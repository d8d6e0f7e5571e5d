"""A worker that has sent its mail and is about to say so: `python -m …dying_worker URL PORT`.

It never says so, but waits to be killed.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace

from hexkey.adapters.mail.smtp_sender import SmtpSender
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.domain.outbox import Message
from tests.support.posting import smtp_sender
from tests.support.workers import Worker, boxes_in_database


class _Mute(SqlOutboxQueue):
    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        print("sent", flush=True)  # noqa: T201 - for whoever kills us
        await asyncio.Event().wait()


async def main(url: str, port: int) -> None:
    """Send what is due."""
    engine = make_engine(url)
    sender: SmtpSender = smtp_sender(port)
    boxes = replace(boxes_in_database(engine), queue=_Mute(engine))
    await Worker(boxes=boxes, sender=sender).deliver_mail()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
