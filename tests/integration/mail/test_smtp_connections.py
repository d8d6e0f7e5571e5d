"""How long connections live, and what happens when one does not."""

import asyncio

import pytest

from hexkey.application.ports.mail import MailDelayed
from tests.contracts.mail_sender import a_mail
from tests.integration.mail.conftest import MakeSender
from tests.support.smtp import HOST, PostOffice, post_office

pytestmark = pytest.mark.anyio


class TestConnection:
    async def test_carries_one_mail_after_another(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        sender = sender_to(office)

        for number in range(20):
            await sender.send(a_mail(number=number))

        assert len(office.received) == 20
        assert office.connections == 1

    async def test_has_few_companions_however_many_send(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        sender = sender_to(office)

        await asyncio.gather(*(sender.send(a_mail(number=it)) for it in range(50)))

        assert len(office.received) == 50
        assert 1 < office.connections <= 4

    async def test_that_was_dropped_between_mails_is_replaced(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        sender = sender_to(office)
        await sender.send(a_mail(number=1))

        await office.hang_up()
        await sender.send(a_mail(number=2))

        assert len(office.received) == 2
        assert office.connections == 2

    async def test_that_goes_away_when_asked_again_is_replaced(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        """As where a server takes so many mails per connection, or was idle for too long."""
        sender = sender_to(office)
        await sender.send(a_mail(number=1))

        office.will_say("MAIL", "421 4.7.0 too many messages for this connection")
        await sender.send(a_mail(number=2))

        assert len(office.received) == 2
        assert office.connections == 2

    async def test_is_closed_when_nothing_is_sent(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        sender = sender_to(office, kept_idle=0.01)

        await sender.send(a_mail(number=1))
        await asyncio.wait_for(office.deserted.wait(), 10)
        await sender.send(a_mail(number=2))

        assert office.connections == 2

    async def test_ends_with_a_good_bye(self, office: PostOffice, sender_to: MakeSender) -> None:
        sender = sender_to(office)
        await sender.send(a_mail())

        await sender.close()
        await asyncio.wait_for(office.deserted.wait(), 10)

        assert office.commands[-1] == "QUIT"


class TestServerThatHangs:
    @pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
    async def test_delays_the_mail_and_loses_the_connection(
        self, office: PostOffice, sender_to: MakeSender, command: str
    ) -> None:
        sender = sender_to(office, send_within=1)
        office.hangs_in.add(command)

        with pytest.raises(MailDelayed, match="did not answer in time"):
            await sender.send(a_mail(number=1))
        office.hangs_in.clear()
        office.patience.set()
        await sender.send(a_mail(number=2))

        assert office.connections == 2

    async def test_holds_up_nobody_for_longer_than_it_may(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        """Also those who wait for a connection."""
        sender = sender_to(office, send_within=1)
        office.hangs_in.add("DATA")

        async with asyncio.timeout(10):
            results = await asyncio.gather(
                *(sender.send(a_mail(number=it)) for it in range(12)), return_exceptions=True
            )

        assert [type(it) for it in results] == [MailDelayed] * 12

    async def test_does_not_keep_whoever_gives_up(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        sender = sender_to(office)
        office.hangs_in.add("DATA")
        sending = asyncio.create_task(sender.send(a_mail()))
        await office.reached.wait()

        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        office.hangs_in.clear()
        office.patience.set()
        await sender.send(a_mail(number=2))

        assert office.connections == 2

    async def test_before_it_greets_delays_the_mail(self, sender_to: MakeSender) -> None:
        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(say_nothing, HOST, 0) as silent:
            office = PostOffice(port=silent.sockets[0].getsockname()[1])
            sender = sender_to(office, connect_within=0.5)
            with pytest.raises(MailDelayed, match="did not answer in time"):
                await sender.send(a_mail())


class TestServerThatIsAway:
    async def test_delays_the_mail(self, sender_to: MakeSender) -> None:
        async with post_office() as office:
            sender = sender_to(office)

        with pytest.raises(MailDelayed, match="cannot be reached"):
            await sender.send(a_mail())

    @pytest.mark.parametrize(
        "greeting", [b"", b"554 no\r\n", b"\xff\x00junk\r\n", b"HTTP/1.1 400\r\n"]
    )
    async def test_or_is_none_delays_the_mail(self, sender_to: MakeSender, greeting: bytes) -> None:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            writer.close()

        async with await asyncio.start_server(greet, HOST, 0) as other:
            office = PostOffice(port=other.sockets[0].getsockname()[1])
            with pytest.raises(MailDelayed):
                await sender_to(office).send(a_mail())

    async def test_once_more_after_the_mail_leaves_doubt_and_no_loss(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        """RA-09: whoever hangs up in DATA may have taken it; it is sent again, and is the same."""
        sender = sender_to(office)
        office.hangs_in.add("DATA")
        sending = asyncio.create_task(sender.send(a_mail()))
        await office.reached.wait()

        await office.hang_up()
        with pytest.raises(MailDelayed):
            await sending
        office.hangs_in.clear()
        office.patience.set()
        await sender.send(a_mail())

        assert len({it.message["Message-ID"] for it in office.received}) == 1
