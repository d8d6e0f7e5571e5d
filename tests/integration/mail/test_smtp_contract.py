"""SMTP keeps the promises of a sender."""

from collections.abc import Sequence

import pytest

from hexkey.adapters.mail.smtp_sender import SmtpSender
from tests.contracts.mail_sender import Arrived, MailSenderContract
from tests.integration.mail.conftest import MakeSender
from tests.support.smtp import PostOffice


class TestSmtpSender(MailSenderContract):
    office: PostOffice

    @pytest.fixture
    def sender(self, office: PostOffice, sender_to: MakeSender) -> SmtpSender:
        type(self).office = office
        return sender_to(office)

    def arrived(self) -> Sequence[Arrived]:
        assert all(it.recipients == [it.message["To"]] for it in self.office.received)
        return [Arrived(it.to, it.message["Subject"], it.text) for it in self.office.received]
