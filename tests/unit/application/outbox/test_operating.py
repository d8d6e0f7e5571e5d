"""The outbox in the hands of an operator."""

from datetime import timedelta

import pytest

from hexkey.application.outbox.operating import (
    HIDDEN,
    MORE_TIME,
    DropMessage,
    ListOutbox,
    ReadOutboxState,
    RetryMessage,
    ShowMessage,
)
from hexkey.application.ports.mail import MailRefused
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import MessageHasLeft, MessageNotFound, MessageState
from tests.support.audits import an_audit
from tests.support.doubles import START
from tests.support.workers import DELAYED, ScriptedSender, Worker, a_message

pytestmark = pytest.mark.anyio

NOBODY = MessageId("00000000-0000-7000-8000-0000000fffff")


class TestListOutbox:
    async def test_shows_the_latest_first_without_contents(self, worker: Worker) -> None:
        first, second = await worker.queue(
            a_message(content={"device": "x"}), a_message(content={"device": "y"})
        )

        listed = await ListOutbox(archive=worker.boxes.archive)()

        assert [message.id for message in listed] == [second.id, first.id]
        assert all(message.content == {} for message in listed)

    async def test_goes_on_where_it_stopped(self, worker: Worker) -> None:
        messages = await worker.queue(*(a_message() for _ in range(3)))
        show = ListOutbox(archive=worker.boxes.archive)

        [newest] = await show(limit=1)
        rest = await show(after=newest.id)

        assert [it.id for it in rest] == [messages[1].id, messages[0].id]

    async def test_shows_one_state_only(self, worker: Worker, sender: ScriptedSender) -> None:
        sender.faults = [MailRefused("550")]
        await worker.queue(a_message())
        await worker.deliver_mail()
        [waiting] = await worker.queue(a_message())
        show = ListOutbox(archive=worker.boxes.archive)

        assert [it.id for it in await show(state=MessageState.QUEUED)] == [waiting.id]
        assert len(await show(state=MessageState.FAILED)) == 1


class TestShowMessage:
    async def test_lg_03_hides_the_password_hash_of_a_registration(self, worker: Worker) -> None:
        content = {"password_hash": "$canary", "flow_digest": "canary", "full_name": "Zoe"}
        [message] = await worker.queue(a_message("registration", content=content))

        shown = await ShowMessage(archive=worker.boxes.archive)(id=message.id)

        assert shown.content == {
            "password_hash": HIDDEN,
            "flow_digest": HIDDEN,
            "full_name": "Zoe",
        }

    async def test_knows_what_there_is(self, worker: Worker) -> None:
        with pytest.raises(MessageNotFound):
            await ShowMessage(archive=worker.boxes.archive)(id=NOBODY)


class TestRetryMessage:
    async def test_sends_at_once_what_had_failed(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [MailRefused("550")]
        [message] = await worker.queue(a_message(content={"device": "x"}))
        await worker.deliver_mail()

        await RetryMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
            id=message.id
        )

        assert await worker.deliver_mail() == 1
        assert len(sender.sent) == 1

    async def test_does_not_wait_for_what_is_delayed(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [DELAYED]
        [message] = await worker.queue(a_message())
        await worker.deliver_mail()

        retried = await RetryMessage(
            archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock
        )(id=message.id)

        assert retried.due_at == START
        assert retried.expires_at == message.expires_at
        assert await worker.deliver_mail() == 1

    async def test_gives_what_has_expired_another_hour(self, worker: Worker) -> None:
        [message] = await worker.queue(a_message(lasts=timedelta(minutes=1)))
        worker.clock.advance(days=1)
        await worker.deliver_mail()

        retried = await RetryMessage(
            archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock
        )(id=message.id)

        assert retried.expires_at == worker.clock.now() + MORE_TIME
        assert await worker.deliver_mail() == 1

    async def test_refuses_what_has_left(self, worker: Worker) -> None:
        [message] = await worker.queue(a_message())
        await worker.deliver_mail()

        with pytest.raises(MessageHasLeft):
            await RetryMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
                id=message.id
            )

    async def test_knows_what_there_is(self, worker: Worker) -> None:
        with pytest.raises(MessageNotFound):
            await RetryMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
                id=NOBODY
            )


class TestDropMessage:
    async def test_keeps_it_from_leaving(self, worker: Worker, sender: ScriptedSender) -> None:
        [message] = await worker.queue(a_message())

        await DropMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
            id=message.id
        )

        assert await worker.deliver_mail() == 0
        assert (await worker.stored(message)).error == "dropped by an operator"

    async def test_can_be_undone(self, worker: Worker, sender: ScriptedSender) -> None:
        [message] = await worker.queue(a_message(content={"device": "x"}))
        await DropMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
            id=message.id
        )

        await RetryMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
            id=message.id
        )

        assert await worker.deliver_mail() == 1

    async def test_refuses_what_has_left(self, worker: Worker) -> None:
        [message] = await worker.queue(a_message())
        await worker.deliver_mail()

        with pytest.raises(MessageHasLeft):
            await DropMessage(archive=worker.boxes.archive, audit=an_audit(), clock=worker.clock)(
                id=message.id
            )


class TestReadOutboxState:
    async def test_counts_what_waits_and_what_has_failed(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [MailRefused("550")]
        await worker.queue(a_message())
        await worker.deliver_mail()
        await worker.queue(a_message(), a_message(now=START + timedelta(hours=1)))
        worker.clock.advance(seconds=5)

        state = await ReadOutboxState(archive=worker.boxes.archive, clock=worker.clock)()

        assert (state.queued, state.failed, state.oldest_due) == (2, 1, START)
