"""What every `MailSender` promises."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from hexkey.application.ports.mail import Mail, MailRefused, MailSender

SENT_AT = datetime(2026, 11, 22, 9, 31, 5, tzinfo=UTC)


def a_mail(
    *,
    number: int = 1,
    to: str = "alice@example.com",
    subject: str = "Confirm your address",
    text: str = "Hello Alice,\n\nhttps://id.example.com/account/x?token=hxk_ot_abc\n",
    html: str = "<p>Hello Alice</p>\n",
) -> Mail:
    return Mail(
        message_id=f"<{number}@id.example.com>",
        date=SENT_AT,
        to=to,
        subject=subject,
        text=text,
        html=html,
    )


@dataclass(frozen=True, slots=True)
class Arrived:
    """What whoever reads the mail sees."""

    to: str
    subject: str
    text: str


class MailSenderContract(ABC):
    """Subclass as `TestXxx` and provide `sender` and `arrived`."""

    pytestmark = pytest.mark.anyio

    @abstractmethod
    def sender(self) -> MailSender: ...

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """What has arrived, in any order."""

    async def test_carries_a_mail_to_its_one_recipient(self, sender: MailSender) -> None:
        mail = a_mail()

        await sender.send(mail)

        (got,) = self.arrived()
        assert (got.to, got.subject) == (mail.to, mail.subject)
        assert "?token=hxk_ot_abc" in got.text

    async def test_carries_several_at_once(self, sender: MailSender) -> None:
        mails = [a_mail(number=it, subject=f"Number {it}") for it in range(10)]

        await asyncio.gather(*map(sender.send, mails))

        assert {it.subject for it in self.arrived()} == {it.subject for it in mails}

    async def test_may_send_again_after_it_was_closed(self, sender: MailSender) -> None:
        await sender.send(a_mail(number=1))
        await sender.close()
        await sender.close()

        await sender.send(a_mail(number=2))

        assert len(self.arrived()) == 2

    @pytest.mark.parametrize(
        "to",
        [
            *(
                "",
                "alice",
                "alice@",
                "@example.com",
                "a@b@example.com",
                "alice@example.com,b@x.test",
            ),
            *("alice@example.com b@x.test", "alice@example.com\r\nBcc: eve@example.com"),
            *(
                "<alice@example.com>",
                '"a b"@example.com',
                "alice@example.com>\r\nRCPT TO:<e@x.test",
            ),
            *("alice@[127.0.0.1]", "a\N{RIGHT-TO-LEFT OVERRIDE}b@example.com", "a..b@example.com"),
        ],
    )
    async def test_refuses_what_is_not_exactly_one_address(
        self, sender: MailSender, to: str
    ) -> None:
        """RC-17: the recipient is one mailbox, or there is no mail."""
        with pytest.raises(MailRefused):
            await sender.send(a_mail(to=to))

        assert self.arrived() == []
