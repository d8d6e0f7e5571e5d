"""What servers answer, and what becomes of the mail."""

import pytest

from hexkey.application.ports.mail import MailDelayed, MailRefused
from tests.contracts.mail_sender import a_mail
from tests.integration.mail.conftest import MakeSender
from tests.support.smtp import PostOffice, post_office

pytestmark = pytest.mark.anyio

COMMANDS = ["MAIL", "RCPT", "DATA"]
SECRET = "hxk_ot_Zq3vX9c7Yw2bT5nK8mR1pL4jH6gF0dSa"
CODE = "482913"


class TestTemporaryRefusal:
    @pytest.mark.parametrize("command", COMMANDS)
    @pytest.mark.parametrize("code", [421, 450, 451, 452])
    async def test_delays_the_mail_which_leaves_the_next_time(
        self, office: PostOffice, sender_to: MakeSender, command: str, code: int
    ) -> None:
        sender = sender_to(office)
        # Who goes away at the first command is asked once more at once; here it goes away again.
        office.will_say(
            command, *[f"{code} not now"] * (2 if (command, code) == ("MAIL", 421) else 1)
        )

        with pytest.raises(MailDelayed):
            await sender.send(a_mail())
        await sender.send(a_mail())

        assert len(office.received) == 1


class TestFinalRefusal:
    @pytest.mark.parametrize("command", ["RCPT", "DATA"])
    @pytest.mark.parametrize("code", [550, 551, 552, 553, 554])
    async def test_refuses_the_mail_and_keeps_the_connection(
        self, office: PostOffice, sender_to: MakeSender, command: str, code: int
    ) -> None:
        sender = sender_to(office)
        office.will_say(command, f"{code} 5.1.1 no such mailbox")

        with pytest.raises(MailRefused, match=f"{code} 5.1.1 no such mailbox"):
            await sender.send(a_mail())
        await sender.send(a_mail())

        assert len(office.received) == 1
        assert office.connections == 1

    @pytest.mark.parametrize(("command", "code"), [("MAIL", 550), ("RCPT", 530), ("DATA", 535)])
    async def test_is_not_final_where_the_operator_can_help(
        self, office: PostOffice, sender_to: MakeSender, command: str, code: int
    ) -> None:
        office.will_say(command, f"{code} who are you?")

        with pytest.raises(MailDelayed, match=str(code)):
            await sender_to(office).send(a_mail())


class TestWordsOfAServer:
    async def test_never_repeat_what_the_mail_is_to_keep_secret(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        """LG-03, RC-11: a server that quotes the mail in its refusal does not get it logged."""
        link = f"https://id.example.com/account/reset-password?token={SECRET}"
        mail = a_mail(text=f"Hello\n\n{link}\n\n    {CODE}\n", html=f"<p>{CODE} {SECRET[7:]}</p>")
        quoted = f"550 spam: {link} token={SECRET} {SECRET[7:]} {CODE}, ({CODE}) \x1b[31m end"
        office.will_say("DATA", quoted)

        with pytest.raises(MailRefused, match="550 spam") as refused:
            await sender_to(office).send(mail)

        told = str(refused.value)
        assert CODE not in told
        assert [it for it in range(len(SECRET) - 8) if SECRET[it : it + 8] in told] == []
        assert told.isprintable()
        assert len(told) < 400

    async def test_are_none_when_the_whole_mail_comes_back(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        mail = a_mail(text=f"https://x.test/account/x?token={SECRET}\n\n    {CODE}\n", html=CODE)
        office.will_say("DATA", "554 {content}")

        with pytest.raises(MailRefused) as refused:
            await sender_to(office).send(mail)

        assert SECRET[7:] not in str(refused.value)
        assert CODE not in str(refused.value)


class TestInternationalMail:
    ADDRESSES = ("jürgen@example.com", "иван@пример.test", "a\u0301\u0327@example.com")

    @pytest.mark.parametrize("address", ADDRESSES)
    async def test_reaches_those_whom_the_server_can_write_to(
        self, office: PostOffice, sender_to: MakeSender, address: str
    ) -> None:
        await sender_to(office).send(a_mail(to=address))

        (got,) = office.received
        local = address.partition("@")[0]
        assert [it.partition("@")[0] for it in got.recipients] == [local]
        assert got.to.partition("@")[0] == local

    async def test_is_refused_where_the_server_cannot(self, sender_to: MakeSender) -> None:
        async with post_office(smtputf8=False) as office:
            sender = sender_to(office)
            with pytest.raises(MailRefused, match="no SMTPUTF8"):
                await sender.send(a_mail(to=self.ADDRESSES[0]))
            await sender.send(a_mail())
            await sender.close()

            assert len(office.received) == 1
            assert office.connections == 1

    async def test_needs_nothing_for_an_international_domain(self, sender_to: MakeSender) -> None:
        """IDNA 2008: ß is a letter of its own, and another domain than ss."""
        async with post_office(smtputf8=False) as office:
            sender = sender_to(office)
            await sender.send(a_mail(to="info@straße.test"))
            await sender.close()

            assert office.received[0].recipients == ["info@xn--strae-oqa.test"]

    async def test_says_everything_in_any_script(
        self, office: PostOffice, sender_to: MakeSender
    ) -> None:
        text = "Grüße — привет 你好 🎉 " + "ß" * 2000 + "\n.\n..\n=3D\nFrom me\n"

        await sender_to(office).send(a_mail(subject="Grüße 🎉 " * 20, text=text))

        (got,) = office.received
        assert got.text.replace("\r\n", "\n") == text
        assert got.message["Subject"].split() == ("Grüße 🎉 " * 20).split()
        assert got.raw.isascii()
