"""Where there is no server: memory, files, the terminal, nobody."""

import email.policy
import io
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from hexkey.adapters.mail.console_sender import ConsoleSender
from hexkey.adapters.mail.file_sender import FileSender
from hexkey.adapters.mail.memory_sender import MemorySender
from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.refusing_sender import RefusingSender
from hexkey.application.ports.mail import MailDelayed
from tests.contracts.mail_sender import Arrived, MailSenderContract, a_mail

pytestmark = pytest.mark.anyio

ORIGINATOR = Originator.parse("Example <no-reply@id.example.com>")


class TestMemorySender(MailSenderContract):
    kept: MemorySender

    @pytest.fixture
    def sender(self) -> MemorySender:
        type(self).kept = MemorySender()
        return self.kept

    def arrived(self) -> Sequence[Arrived]:
        return [Arrived(it.to, it.subject, it.text) for it in self.kept.sent]


def read(file: Path) -> EmailMessage:
    message = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


class TestFileSender(MailSenderContract):
    folder: Path

    @pytest.fixture
    def sender(self, tmp_path: Path) -> FileSender:
        type(self).folder = tmp_path / "mail"
        return FileSender(self.folder, originator=ORIGINATOR)

    def arrived(self) -> Sequence[Arrived]:
        messages = [read(it) for it in self.folder.glob("*.eml")]
        return [Arrived(str(it["To"]), str(it["Subject"]), text_of(it)) for it in messages]

    async def test_writes_what_only_the_owner_may_read(self, sender: FileSender) -> None:
        await sender.send(a_mail())

        (file,) = self.folder.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert self.folder.stat().st_mode & 0o777 == 0o700

    async def test_writes_the_same_mail_to_the_same_file(self, sender: FileSender) -> None:
        await sender.send(a_mail(number=7))
        await sender.send(a_mail(number=7))

        assert len(list(self.folder.iterdir())) == 1

    async def test_delays_what_it_cannot_write(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(MailDelayed, match="cannot write"):
            await FileSender(tmp_path / "file" / "mail", originator=ORIGINATOR).send(a_mail())


class TestConsoleSender:
    async def test_shows_the_link_on_a_line_of_its_own(self) -> None:
        stream = io.StringIO()

        await ConsoleSender(stream).send(a_mail())

        shown = stream.getvalue().splitlines()
        assert "https://id.example.com/account/x?token=hxk_ot_abc" in shown
        assert "To: alice@example.com" in shown

    async def test_lets_no_mail_steer_the_terminal(self) -> None:
        stream = io.StringIO()

        await ConsoleSender(stream).send(a_mail(subject="\x1b]0;x\x07", text="a\x1b[31m\x9b2Jb\n"))

        assert stream.getvalue().replace("\n", "").isprintable()


class TestRefusingSender:
    async def test_keeps_mail_for_the_day_there_is_a_server(self) -> None:
        with pytest.raises(MailDelayed, match="HEXKEY_SMTP_URL"):
            await RefusingSender().send(a_mail())

        await RefusingSender().close()
