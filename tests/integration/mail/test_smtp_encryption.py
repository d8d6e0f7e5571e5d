"""CR-06: mail leaves encrypted to a server that is who it says, or it does not leave."""

from pathlib import Path

import pytest

from hexkey.adapters.mail.smtp_server import Encryption, SmtpServer
from hexkey.application.ports.mail import MailDelayed
from tests.contracts.mail_sender import a_mail
from tests.integration.mail.conftest import MakeSender
from tests.support.certificates import Authority
from tests.support.smtp import HOST, post_office

pytestmark = pytest.mark.anyio

STARTTLS, AT_ONCE = Encryption.STARTTLS, Encryption.FROM_THE_START
PASSWORD = "correct-horse-battery-7"


@pytest.fixture(params=[STARTTLS, AT_ONCE], ids=lambda it: it.value)
def encryption(request: pytest.FixtureRequest) -> Encryption:
    chosen: Encryption = request.param
    return chosen


class TestEncryptedMail:
    async def test_reaches_a_server_of_a_trusted_authority(
        self,
        authority: Authority,
        ca_file: Path,
        sender_to: MakeSender,
        tmp_path: Path,
        encryption: Encryption,
    ) -> None:
        tls = authority.serving(tmp_path, HOST)
        async with post_office(tls=tls, from_the_start=encryption is AT_ONCE) as office:
            sender = sender_to(office, encryption=encryption, ca_file=ca_file)
            await sender.send(a_mail())
            await sender.close()

            (got,) = office.received
            assert got.encrypted

    async def test_never_reaches_a_server_of_another_authority(
        self, sender_to: MakeSender, tmp_path: Path, ca_file: Path, encryption: Encryption
    ) -> None:
        tls = Authority().serving(tmp_path, HOST)
        async with post_office(tls=tls, from_the_start=encryption is AT_ONCE) as office:
            sender = sender_to(office, encryption=encryption, ca_file=ca_file)
            with pytest.raises(MailDelayed, match="certificate that is not trusted"):
                await sender.send(a_mail())

            assert office.commands == []

    async def test_never_reaches_a_server_that_the_system_does_not_trust(
        self, authority: Authority, sender_to: MakeSender, tmp_path: Path, encryption: Encryption
    ) -> None:
        tls = authority.serving(tmp_path, HOST)
        async with post_office(tls=tls, from_the_start=encryption is AT_ONCE) as office:
            with pytest.raises(MailDelayed, match="certificate that is not trusted"):
                await sender_to(office, encryption=encryption).send(a_mail())

            assert office.commands == []

    async def test_never_reaches_a_server_with_another_name(
        self,
        authority: Authority,
        ca_file: Path,
        sender_to: MakeSender,
        tmp_path: Path,
        encryption: Encryption,
    ) -> None:
        tls = authority.serving(tmp_path, "mail.example.com")
        async with post_office(tls=tls, from_the_start=encryption is AT_ONCE) as office:
            sender = sender_to(office, encryption=encryption, ca_file=ca_file)
            with pytest.raises(MailDelayed, match="certificate that is not trusted"):
                await sender.send(a_mail())

            assert office.commands == []

    async def test_never_reaches_a_server_without_tls(
        self, sender_to: MakeSender, encryption: Encryption
    ) -> None:
        """No downgrade: neither the mail nor the password is sent in clear."""
        async with post_office(accounts={"hexkey": PASSWORD}) as office:
            sender = sender_to(
                office, encryption=encryption, user="hexkey", password=PASSWORD, connect_within=2
            )
            with pytest.raises(MailDelayed) as refused:
                await sender.send(a_mail())

            assert office.commands == []
            assert office.sign_ins == 0
            assert PASSWORD not in str(refused.value)

    async def test_needs_authorities_that_can_be_read(
        self, authority: Authority, sender_to: MakeSender, tmp_path: Path
    ) -> None:
        async with post_office(tls=authority.serving(tmp_path, HOST)) as office:
            sender = sender_to(office, encryption=STARTTLS, ca_file=tmp_path / "absent.pem")
            with pytest.raises(MailDelayed, match="No such file"):
                await sender.send(a_mail())

    @pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.1", "127.0.0.1.example.com", ""])
    def test_is_the_only_kind_that_leaves_this_machine(self, host: str) -> None:
        with pytest.raises(ValueError, match="on this machine"):
            SmtpServer(host=host, port=25, encryption=Encryption.NONE)

    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.9.10"])
    def test_is_not_demanded_within_this_machine(self, host: str) -> None:
        assert SmtpServer(host=host, port=25, encryption=Encryption.NONE).tls_context() is None


class TestSigningIn:
    async def test_opens_a_server_that_knows_us(
        self, authority: Authority, ca_file: Path, sender_to: MakeSender, tmp_path: Path
    ) -> None:
        tls = authority.serving(tmp_path, HOST)
        async with post_office(tls=tls, accounts={"hexkey": PASSWORD}) as office:
            sender = sender_to(
                office, encryption=STARTTLS, ca_file=ca_file, user="hexkey", password=PASSWORD
            )
            await sender.send(a_mail())
            await sender.close()

            (got,) = office.received
            assert got.signed_in
            assert office.sign_ins == 1

    async def test_with_a_wrong_password_delays_mail_and_tells_no_secret(
        self, authority: Authority, ca_file: Path, sender_to: MakeSender, tmp_path: Path
    ) -> None:
        """LG-03: neither our password nor what the server makes of it is repeated."""
        tls = authority.serving(tmp_path, HOST)
        async with post_office(tls=tls, accounts={"hexkey": "another"}) as office:
            sender = sender_to(
                office, encryption=STARTTLS, ca_file=ca_file, user="hexkey", password=PASSWORD
            )
            with pytest.raises(MailDelayed, match=r"user or the password.*\(535\)") as refused:
                await sender.send(a_mail())

            assert office.received == []
            assert PASSWORD not in str(refused.value)
            assert PASSWORD not in repr(sender)

    async def test_is_demanded_where_it_was_configured(self, sender_to: MakeSender) -> None:
        async with post_office() as office:
            sender = sender_to(office, user="hexkey", password=PASSWORD)
            with pytest.raises(MailDelayed, match="no way to sign in"):
                await sender.send(a_mail())

            assert office.commands == []
