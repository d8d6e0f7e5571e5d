"""A real SMTP server, and outboxes in memory and on both databases."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.mail.smtp_sender import SmtpSender
from tests.support.posting import smtp_sender
from tests.support.smtp import PostOffice, post_office
from tests.support.workers import Boxes, Worker, boxes_in_database


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as office:
        yield office


@pytest.fixture
async def sender(office: PostOffice) -> AsyncIterator[SmtpSender]:
    sender = smtp_sender(office.port)
    yield sender
    await sender.close()


@pytest.fixture
def boxes(engine: AsyncEngine) -> Boxes:
    return boxes_in_database(engine)


@pytest.fixture
def worker(boxes: Boxes, sender: SmtpSender) -> Worker:
    return Worker(boxes=boxes, sender=sender)
