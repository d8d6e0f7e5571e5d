"""Mail as files, for another program to carry on, or for nobody."""

import asyncio
import hashlib
import os
from pathlib import Path

from hexkey.adapters.mail.messages import message_bytes, recipient_of
from hexkey.adapters.mail.originator import Originator
from hexkey.application.ports.mail import Mail, MailDelayed, MailSender

_PRIVATE = 0o600  # links and codes are in there


class FileSender(MailSender):
    """Writes each mail as one `.eml` to `folder`, whole or not at all.

    The same mail again is the same file: its name follows from the date and the Message-ID.
    """

    def __init__(self, folder: Path, *, originator: Originator) -> None:
        self._folder = folder
        self._originator = originator

    async def send(self, mail: Mail) -> None:
        message = message_bytes(mail, originator=self._originator, to=recipient_of(mail))
        try:
            await asyncio.to_thread(_write, self._folder / _name_of(mail), message)
        except OSError as error:
            raise MailDelayed(f"cannot write to {self._folder}: {error.strerror}") from None

    async def close(self) -> None:
        """Nothing is open."""


def _name_of(mail: Mail) -> str:
    digest = hashlib.sha256(mail.message_id.encode()).hexdigest()[:16]
    return f"{mail.date:%Y%m%dT%H%M%S}-{digest}.eml"


def _write(file: Path, message: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(message)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
