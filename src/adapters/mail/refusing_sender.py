"""No mail at all."""

from hexkey.application.ports.mail import Mail, MailDelayed, MailSender

NO_SERVER = "No mail leaves: set HEXKEY_SMTP_URL."


class RefusingSender(MailSender):
    """Delays every mail until there is a server, so that none is lost that is still of use."""

    async def send(self, mail: Mail) -> None:
        del mail
        raise MailDelayed(NO_SERVER)

    async def close(self) -> None:
        """Nothing is open."""
