"""RA-09: what is queued leaves, at once when it can and again when it must."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from hexkey.adapters.memory.outbox_queue import MemoryOutboxQueue
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.outbox import draining
from hexkey.application.outbox.delivering import MAIL_LANES
from hexkey.application.ports.mail import Mail, MailDelayed, MailRefused
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.outbox import JITTER, RETRY_AFTER, Channel, Message, MessageState
from tests.support.doubles import START, FrozenClock
from tests.support.workers import Boxes, ScriptedSender, Worker, a_message, boxes_in_memory

pytestmark = pytest.mark.anyio

DONE, FAILED, QUEUED = MessageState.DONE, MessageState.FAILED, MessageState.QUEUED


class TestDeliverMail:
    async def test_sends_what_is_due(self, worker: Worker, sender: ScriptedSender) -> None:
        [message] = await worker.queue(a_message(content={"some": "words"}))

        assert await worker.deliver_mail() == 1

        [mail] = sender.sent
        assert mail.to == "zoe@example.com"
        stored = await worker.stored(message)
        assert (stored.state, stored.attempts, stored.content) == (DONE, 1, {})

    async def test_does_nothing_when_nothing_is_due(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        await worker.queue(a_message(now=START + timedelta(seconds=1)))

        assert await worker.deliver_mail() == 0
        assert sender.sent == []

    async def test_leaves_webhooks_to_others(self, worker: Worker) -> None:
        [message] = await worker.queue(a_message("user.created", channel=Channel.WEBHOOK))

        assert await worker.deliver_mail() == 0
        assert (await worker.stored(message)).state is QUEUED

    async def test_waits_longer_after_each_failure(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        [message] = await worker.queue(a_message())
        waits = [*RETRY_AFTER, RETRY_AFTER[-1]]
        for attempt, wait in enumerate(waits, start=1):
            sender.faults = [MailDelayed("try later")]
            assert await worker.deliver_mail() == 1
            stored = await worker.stored(message)
            assert (stored.attempts, stored.error) == (attempt, "try later")
            assert stored.due_at == worker.clock.now() + wait

            worker.clock.advance(seconds=wait.total_seconds() - 0.001)
            assert await worker.deliver_mail() == 0
            worker.clock.advance(seconds=0.001)

        assert await worker.deliver_mail() == 1
        assert len(sender.sent) == 1

    @pytest.mark.parametrize(("falls", "share"), [(0.0, 1 - JITTER), (0.999, 1 + JITTER)])
    async def test_spreads_out_what_failed_together(
        self, worker: Worker, sender: ScriptedSender, falls: float, share: float
    ) -> None:
        worker.dice.falls = falls
        sender.faults = [MailDelayed("try later")]
        [message] = await worker.queue(a_message())

        await worker.deliver_mail()

        wait = (await worker.stored(message)).due_at - START
        assert wait.total_seconds() == pytest.approx(60 * share, rel=0.01)

    async def test_stops_at_a_permanent_refusal(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [MailRefused("550 no such person")]
        [message] = await worker.queue(a_message())

        await worker.deliver_mail()
        worker.clock.advance(days=2)

        assert await worker.deliver_mail() == 0
        stored = await worker.stored(message)
        assert (stored.state, stored.error) == (FAILED, "550 no such person")

    async def test_drops_what_has_expired(self, worker: Worker, sender: ScriptedSender) -> None:
        [message] = await worker.queue(a_message(lasts=timedelta(minutes=30)))
        worker.clock.advance(minutes=30)

        assert await worker.deliver_mail() == 1

        assert sender.sent == []
        assert (await worker.stored(message)).state is FAILED

    async def test_does_not_wait_for_what_would_be_too_late(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [MailDelayed("try later")]
        [message] = await worker.queue(a_message(lasts=timedelta(seconds=59)))

        await worker.deliver_mail()

        assert (await worker.stored(message)).error == "expired; last: try later"

    async def test_lg_03_tells_of_the_unexpected_without_its_words(
        self, worker: Worker, sender: ScriptedSender, caplog: pytest.LogCaptureFixture
    ) -> None:
        sender.faults = [RuntimeError("hxk_ot_a-canary")]
        [message] = await worker.queue(a_message())

        with caplog.at_level(logging.DEBUG):
            await worker.deliver_mail()

        stored = await worker.stored(message)
        assert (stored.state, stored.error) == (QUEUED, "unexpected RuntimeError")
        assert "RuntimeError at tests.support.workers:" in caplog.text
        assert "canary" not in caplog.text

    async def test_sends_the_others_when_one_goes_wrong(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.faults = [RuntimeError("bad"), MailRefused("no"), MailDelayed("later")]
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(20)))

        assert await worker.deliver_mail() == 20

        assert len(sender.sent) == 17

    async def test_sends_the_others_when_one_cannot_be_prepared(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        """A registration without its content is none."""
        [bad] = await worker.queue(a_message("registration"))
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(20)))

        assert await worker.deliver_mail() == 21

        assert len(sender.sent) == 20
        assert (await worker.stored(bad)).error == "unexpected KeyError"

    async def test_sends_several_at_once_but_not_all(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.hangs = True
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(50)))
        sending = asyncio.create_task(worker.deliver_mail())
        for _ in range(500):
            await asyncio.sleep(0)

        assert sender.busy == MAIL_LANES
        sender.patience.set()
        assert await sending == 50
        assert sender.most == MAIL_LANES

    async def test_empties_more_than_one_batch(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        many = 2 * draining.BATCH + 1
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(many)))

        assert await worker.deliver_mail() == many
        assert len({mail.message_id for mail in sender.sent}) == many

    async def test_ra_09_begins_nothing_that_its_claim_might_not_outlast(self) -> None:
        """A mail takes minutes, and there are many: others must not be given them meanwhile."""
        boxes = boxes_in_memory()
        queue = _NotingClaims(cast("MemoryStore", boxes.store))
        worker = Worker(boxes=_with_queue(boxes, queue))
        sender = _Slow(worker.clock, queue)
        worker = Worker(boxes=_with_queue(boxes, queue), sender=sender, clock=worker.clock)
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(20)))

        assert await worker.deliver_mail() == 20

        assert max(sender.ages) <= draining.LEASE - draining.LONGEST_ATTEMPT
        assert len(sender.ages) == 20

    async def test_gives_up_on_a_sender_that_never_returns(
        self, worker: Worker, sender: ScriptedSender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(draining, "LONGEST_ATTEMPT", timedelta(milliseconds=10))
        sender.hangs = True
        [message] = await worker.queue(a_message())

        await worker.deliver_mail()

        assert (await worker.stored(message)).error == "took too long"


class TestWorkerThatIsStopped:
    async def test_finishes_what_is_under_way_and_gives_back_the_rest(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.hangs = True
        messages = await worker.queue(
            *(a_message(to=f"u{number}@example.com") for number in range(10))
        )
        running = asyncio.create_task(worker.deliver_mail.run())
        for _ in range(500):
            await asyncio.sleep(0)
        assert sender.busy == MAIL_LANES
        running.cancel()
        await asyncio.sleep(0)
        sender.patience.set()
        with pytest.raises(asyncio.CancelledError):
            await running

        states = [(await worker.stored(message)).state for message in messages]
        assert states.count(DONE) == len(sender.sent) == MAIL_LANES
        sender.hangs = False
        assert await worker.deliver_mail() == 10 - MAIL_LANES  # at once: the claims were released
        assert len(sender.sent) == 10

    async def test_ra_09_lets_others_send_what_it_could_not_finish(
        self, worker: Worker, sender: ScriptedSender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(draining, "GRACE", timedelta(milliseconds=10))
        sender.hangs = True
        [message] = await worker.queue(a_message())
        running = asyncio.create_task(worker.deliver_mail.run())
        await sender.reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        assert (await worker.stored(message)).attempts == 0
        sender.hangs = False
        assert await worker.deliver_mail() == 1

    async def test_ra_09_gives_back_what_has_lost_its_cancellation(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RA-09: a mail client may take it for a time-out of its own, and go on."""
        monkeypatch.setattr(draining, "GRACE", timedelta(milliseconds=10))
        monkeypatch.setattr(draining, "LETTING_GO", timedelta(milliseconds=10))
        sender = _DeafSender()
        worker = Worker(boxes=boxes_in_memory(), sender=sender)
        [message] = await worker.queue(a_message())
        running = asyncio.create_task(worker.deliver_mail.run())
        await sender.reached.wait()
        running.cancel()

        done, _ = await asyncio.wait([running], timeout=5)

        assert done
        assert running.cancelled()
        assert (await worker.stored(message)).attempts == 0
        sender.hangs = False
        assert await worker.deliver_mail() == 1  # at once: the claim was released

    async def test_ra_09_that_crashed_is_followed_by_another_with_the_same_mail(
        self, sender: ScriptedSender
    ) -> None:
        """It sent, and did not live to say so."""
        boxes = boxes_in_memory()
        worker = Worker(boxes=_that_never_settles(boxes), sender=sender)
        await worker.queue(a_message())
        with pytest.raises(_Crash):
            await worker.deliver_mail()
        follower = Worker(boxes=boxes, sender=sender, clock=worker.clock)

        worker.clock.advance(seconds=draining.LEASE.total_seconds() - 1)
        assert await follower.deliver_mail() == 0
        worker.clock.advance(seconds=1)
        assert await follower.deliver_mail() == 1

        first, second = sender.sent
        assert first == second


class TestStoreThatIsAway:
    async def test_does_not_make_a_mail_leave_twice(self, sender: ScriptedSender) -> None:
        boxes = boxes_in_memory()
        store = cast("MemoryStore", boxes.store)
        queue = _ShortOutage(store, times=3)
        worker = Worker(boxes=_with_queue(boxes, queue), sender=sender)
        [message] = await worker.queue(a_message())

        assert await worker.deliver_mail() == 1

        assert queue.times == 0
        assert len(sender.sent) == 1
        assert (await worker.stored(message)).state is DONE


class TestRun:
    async def test_hears_at_once_of_what_is_queued_in_this_process(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        running = asyncio.create_task(worker.deliver_mail.run())
        await worker.queue(a_message())
        async with asyncio.timeout(0.9):  # less than the poll would take
            await sender.reached.wait()
        running.cancel()
        await asyncio.wait([running])

    async def test_lets_webhooks_leave_while_the_mail_server_hangs(
        self, worker: Worker, sender: ScriptedSender
    ) -> None:
        sender.hangs = True
        await worker.queue(*(a_message(to=f"u{number}@example.com") for number in range(50)))
        [call] = await worker.queue(
            a_message("user.created", to="nobody", channel=Channel.WEBHOOK, content={"body": "{}"})
        )
        running = asyncio.create_task(worker.deliver_mail.run())
        await sender.reached.wait()

        assert await worker.deliver_webhooks() == 1

        assert (await worker.stored(call)).state is DONE
        sender.patience.set()
        running.cancel()
        await asyncio.wait([running])


class _DeafSender(ScriptedSender):
    """Hangs, and does not hear the first cancellation."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = True

    async def send(self, mail: Mail) -> None:
        try:
            await super().send(mail)
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class _NotingClaims(MemoryOutboxQueue):
    claimed_at = START

    async def claim(self, *args: Any, now: datetime, **options: Any) -> Sequence[Message]:
        self.claimed_at = now
        return await super().claim(*args, now=now, **options)


class _Slow(ScriptedSender):
    def __init__(self, clock: FrozenClock, queue: _NotingClaims) -> None:
        super().__init__()
        self._clock, self._queue = clock, queue
        self.ages: list[timedelta] = []

    async def send(self, mail: Mail) -> None:
        self.ages.append(self._clock.now() - self._queue.claimed_at)
        self._clock.advance(seconds=45)
        await super().send(mail)


class _Crash(BaseException):
    pass


class _Crashing(MemoryOutboxQueue):
    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        raise _Crash

    async def release(self, *, holder: str) -> None:
        raise _Crash


class _ShortOutage(MemoryOutboxQueue):
    def __init__(self, store: MemoryStore, *, times: int) -> None:
        super().__init__(store)
        self.times = times

    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        if self.times:
            self.times -= 1
            raise TemporarilyUnavailable(retry_after=timedelta(0))
        await super().settle(messages, holder=holder)


def _with_queue(boxes: Boxes, queue: MemoryOutboxQueue) -> Boxes:
    return Boxes(
        store=boxes.store,
        queue=queue,
        archive=boxes.archive,
        endpoints=boxes.endpoints,
        arrivals=boxes.arrivals,
    )


def _that_never_settles(boxes: Boxes) -> Boxes:
    return _with_queue(boxes, _Crashing(cast("MemoryStore", boxes.store)))
