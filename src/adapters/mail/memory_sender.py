"""Mail that stays in this process."""

from hexkey.adapters.mail.messages import recipient_of
from hexkey.application.ports.mail import Mail, MailSender


class MemorySender(MailSender):
    """Keeps every mail in `sent`, for tests and demonstrations."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        recipient_of(mail)
        self.sent.append(mail)

    async def close(self) -> None:
        """Nothing is open."""
