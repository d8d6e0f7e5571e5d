"""RF-03, LG-02: the n-th statement of what a worker, an operator and a chore ask for fails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_archive import SqlAuditArchive
from hexkey.adapters.sql.audit_chain import SqlAuditChain
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.outbox import Channel, Message
from hexkey.domain.webhooks import WebhookEndpoint
from tests.contracts.erasing import erased, with_everything
from tests.contracts.one_time_tokens import put
from tests.contracts.outbox import queued, recent
from tests.contracts.outbox_queue import claimed
from tests.support.audits import SEALER, an_event
from tests.support.builders import a_message, a_one_time_token, a_signing_key, a_user, an_endpoint
from tests.support.doubles import FrozenClock
from tests.support.failpoints import Failpoints

pytestmark = pytest.mark.anyio

USER = a_user(email="ann@example.com", email_verified=True)
ENDPOINT = an_endpoint()
OTHER = an_endpoint()
MESSAGES = [a_message(), a_message()]
FOR_ENDPOINT = a_message(channel=Channel.WEBHOOK, recipient=ENDPOINT.id)
OLD = a_one_time_token(subject="ann@example.com")
NEW = a_one_time_token(subject="ann@example.com")

Deed = Callable[[AsyncEngine], Awaitable[object]]


async def ask_for_mail(engine: AsyncEngine) -> None:
    """Count, queue, and put the token, all in one transaction."""
    async with SqlStore(engine).begin() as transaction:
        await transaction.outbox.recent(
            kind="a", recipient_key="a", network="n", since=OLD.created_at
        )
        await transaction.outbox.add(a_message())
        await transaction.outbox.add(a_message())
        await transaction.one_time_tokens.put(NEW)
        await transaction.commit()


async def settle(engine: AsyncEngine) -> None:
    done: list[Message] = [it.done() for it in MESSAGES]
    await SqlOutboxQueue(engine).settle(done, holder="bob")


async def link_events(engine: AsyncEngine) -> None:
    chain = SqlAuditChain(engine)
    await SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())()


DEEDS: dict[str, Deed] = {
    "asking for mail": ask_for_mail,
    "claiming": lambda e: claimed(SqlOutboxQueue(e), "ann", channel=Channel.WEBHOOK),
    "settling": settle,
    "releasing": lambda e: SqlOutboxQueue(e).release(holder="bob"),
    "dropping": lambda e: SqlOutboxArchive(e).replace(
        MESSAGES[0], MESSAGES[0].failed("dropped"), audited=an_event()
    ),
    "adding a webhook": lambda e: SqlWebhookEndpoints(e).add(OTHER, audited=an_event()),
    "removing a webhook": lambda e: SqlWebhookEndpoints(e).remove(ENDPOINT.id, audited=an_event()),
    "making a key": lambda e: SqlSigningKeyStore(e).add(a_signing_key(), audited=an_event()),
    "linking events": link_events,
    "writing refusals": lambda e: SqlAuditArchive(e).add([an_event(), an_event()]),
    "erasing": lambda e: erased(SqlStore(e), USER),
}


@pytest.fixture
async def sqlite(sqlite_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(f"sqlite:///{sqlite_path}")
    yield engine
    await engine.dispose()


async def furnish(engine: AsyncEngine, endpoint: WebhookEndpoint) -> None:
    """Keep one of everything; BOB is at the mails."""
    store = SqlStore(engine)
    await with_everything(store, USER)
    await put(store, OLD)
    await queued(store, *MESSAGES, FOR_ENDPOINT)
    await SqlWebhookEndpoints(engine).add(endpoint)
    await claimed(SqlOutboxQueue(engine), "bob")
    await recent(store, "a")


@pytest.mark.parametrize("name", DEEDS)
class TestTheNthStatement:
    async def test_rf_03_undoes_the_whole_deed_when_it_fails(
        self, sqlite: AsyncEngine, name: str
    ) -> None:
        """RF-03: nothing has changed, or all; and then it can be done again."""
        await furnish(sqlite, ENDPOINT)
        failpoints, deed = Failpoints(sqlite), DEEDS[name]
        failpoints.chain = True
        before = await failpoints.rows()
        for number in count(1):
            with failpoints.breaking(number):
                outcome = await _outcome(deed(sqlite))
            if not failpoints.reached:
                break
            assert outcome is TemporarilyUnavailable
            assert await failpoints.rows() == before, f"statement {number}"

        assert outcome is None
        assert number > 1
        assert await failpoints.rows() != before


async def _outcome(deed: Awaitable[object]) -> type[Exception] | None:
    try:
        await deed
    except TemporarilyUnavailable:
        return TemporarilyUnavailable
    return None
