"""RA-09: the worker, a real database and a real SMTP server that does not always do its part."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from hexkey.application.accounts.mail_requests import RequestKind, request_message
from hexkey.application.outbox.draining import LEASE
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel, Message, MessageState
from tests.support.builders import a_user, an_email, an_id
from tests.support.doubles import START
from tests.support.posting import smtp_sender
from tests.support.smtp import PostOffice
from tests.support.workers import Boxes, Worker, a_message

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
ZOE = an_email("zoe@example.com")


def a_reset(address: str = ZOE.value) -> Message:
    return request_message(
        RequestKind.PASSWORD_RESET,
        id=MessageId(an_id()),
        address=an_email(address),
        content={"flow_digest": "f" * 64},
        now=START,
    )


class TestMailServer:
    async def test_that_is_busy_is_asked_again(self, worker: Worker, office: PostOffice) -> None:
        office.will_say("RCPT", "451 try later")
        [message] = await worker.queue(a_message())

        await worker.deliver_mail()
        assert office.received == []
        stored = await worker.stored(message)
        assert (stored.state, stored.attempts) == (MessageState.QUEUED, 1)
        assert "451" in (stored.error or "")

        assert await worker.deliver_mail() == 0
        worker.clock.advance(minutes=1)
        assert await worker.deliver_mail() == 1

        [mail] = office.received
        assert mail.message["Message-ID"] == f"<{message.id}@auth.example>"
        assert (await worker.stored(message)).state is MessageState.DONE

    async def test_that_refuses_is_not_asked_again(
        self, worker: Worker, office: PostOffice
    ) -> None:
        office.will_say("RCPT", "550 no such person")
        [message] = await worker.queue(a_message())

        await worker.deliver_mail()
        worker.clock.advance(hours=1)
        assert await worker.deliver_mail() == 0

        stored = await worker.stored(message)
        assert stored.state is MessageState.FAILED
        assert "550" in (stored.error or "")

    async def test_that_hangs_in_data_is_left_and_holds_nobody_else(
        self, boxes: Boxes, office: PostOffice
    ) -> None:
        office.hangs_in.add("DATA")
        sender = smtp_sender(office.port, within=2)
        worker = Worker(boxes=boxes, sender=sender)
        [message] = await worker.queue(a_message())
        [call] = await worker.queue(
            a_message("user.created", to="nobody", channel=Channel.WEBHOOK, content={"body": "{}"})
        )

        sending = asyncio.create_task(worker.deliver_mail())
        await office.reached.wait()
        assert await worker.deliver_webhooks() == 1
        assert (await worker.stored(call)).state is MessageState.DONE
        await sending

        stored = await worker.stored(message)
        assert (stored.state, stored.attempts) == (MessageState.QUEUED, 1)
        await sender.close()

    async def test_en_03_hears_nothing_of_an_address_that_nobody_has(
        self, worker: Worker, office: PostOffice
    ) -> None:
        await worker.keep(a_user(email=ZOE))
        known, unknown = await worker.queue(a_reset(), a_reset("nobody@example.com"))

        assert await worker.deliver_mail() == 2

        assert [mail.recipients for mail in office.received] == [["zoe@example.com"]]
        states = [(await worker.stored(it)).state for it in (known, unknown)]
        assert states == [MessageState.DONE, MessageState.DONE]


class TestWorkers:
    async def test_ra_09_send_each_of_200_mails_once(
        self, boxes: Boxes, office: PostOffice
    ) -> None:
        senders = [smtp_sender(office.port) for _ in range(2)]
        workers = [Worker(boxes=boxes, sender=sender) for sender in senders]
        workers[1].ids.new()  # so that they call themselves differently
        await workers[0].queue(*(a_message(to=f"u{number}@example.com") for number in range(200)))

        tried = await asyncio.gather(*(worker.deliver_mail() for worker in workers))

        assert sum(tried) == 200
        got = Counter(str(mail.message["Message-ID"]) for mail in office.received)
        assert len(got) == 200
        assert set(got.values()) == {1}
        for sender in senders:
            await sender.close()

    async def test_ra_09_that_are_killed_before_they_can_tell_are_followed_by_the_same_mail(
        self, worker: Worker, office: PostOffice, database_url: str
    ) -> None:
        """The server took the mail, and nobody lived to write that down."""
        await worker.keep(a_user(email=ZOE))
        [message] = await worker.queue(a_reset())
        doomed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.dying_worker", database_url, str(office.port)),
            cwd=ROOT,
            stdout=PIPE,
        )
        assert doomed.stdout is not None
        assert await doomed.stdout.readline() == b"sent\n"
        doomed.kill()
        await doomed.wait()

        assert (await worker.stored(message)).state is MessageState.QUEUED
        worker.clock.advance(seconds=LEASE.total_seconds() - 1)
        assert await worker.deliver_mail() == 0
        worker.clock.advance(seconds=1)
        assert await worker.deliver_mail() == 1

        first, second = office.received
        assert first.message["Message-ID"] == second.message["Message-ID"]
        assert "hxk_ot_" in _text(first.raw)
        assert _links(first.raw) == _links(second.raw)
        assert (await worker.stored(message)).state is MessageState.DONE


def _text(raw: bytes) -> str:
    return raw.replace(b"=\r\n", b"").decode()


def _links(raw: bytes) -> set[str]:
    return {word for word in _text(raw).split() if "hxk_ot_" in word and "://" in word}


class TestStrangers:
    async def test_rl_11_can_have_five_mails_an_hour_sent_to_one_address(
        self, worker: Worker, office: PostOffice
    ) -> None:
        await worker.keep(a_user(email=ZOE))
        ask = worker.request_reset()
        for _ in range(50):
            await ask(email=ZOE.value, network="192.0.2.1")
            await worker.deliver_mail()
            worker.clock.advance(seconds=timedelta(hours=1).total_seconds() / 50)

        assert len(office.received) == 5

    async def test_rl_11_can_have_one_mail_in_30_seconds_sent_to_one_address(
        self, worker: Worker, office: PostOffice
    ) -> None:
        await worker.keep(a_user(email=ZOE))
        ask = worker.request_reset()
        for _ in range(50):
            await ask(email=ZOE.value, network="192.0.2.1")
            await worker.deliver_mail()
            worker.clock.advance(seconds=0.5)

        assert len(office.received) == 1

    async def test_rl_11_can_have_20_mails_a_minute_sent_from_one_network(
        self, worker: Worker, office: PostOffice
    ) -> None:
        users = [a_user(email=f"u{number}@example.com") for number in range(50)]
        await worker.keep(*users)
        ask = worker.request_reset()
        for user in users:
            assert user.email is not None
            await ask(email=user.email.value, network="192.0.2.1")
            worker.clock.advance(seconds=1)
        await worker.deliver_mail()

        assert len(office.received) == 20
