"""What a deployment may decide about accounts' lives and the messages that carry them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from hexkey.entrypoints.setting_values import Flag, mailbox
from hexkey.entrypoints.smtp_address import SmtpAddress, smtp_url

SmtpUrl = Annotated[SecretStr, AfterValidator(smtp_url)]
Mailbox = Annotated[str, AfterValidator(mailbox)]

MOST_GRACE = 7_776_000  # 90 days, in seconds


class MailSettings(BaseSettings):
    """How accounts begin and end, and how mail and webhooks leave."""

    registration: Literal["open", "verified", "invited", "closed"] = Field(
        "open",
        description="Who may register: `open` to everybody at once, `verified` after the address "
        "has been confirmed by mail, `invited` by an administrator only, `closed` to all.",
    )
    deletion_grace: int = Field(
        1_209_600,
        ge=0,
        le=MOST_GRACE,
        description="How long an account that its owner deletes can be restored, in seconds.",
    )
    language: Literal["en", "de"] = Field(
        "en", description="Of mails and pages for people of whom no language is known."
    )
    smtp_url: SmtpUrl | None = Field(
        None,
        description="`smtp://user:password@host:587` (STARTTLS is demanded) or "
        "`smtps://user:password@host:465`. Without it mail is printed; in production none leaves.",
    )
    smtp_ca_file: Path | None = Field(
        None,
        description="Certificates in PEM that the SMTP server's must follow from. Without it: "
        "those of the system.",
    )
    mail_from: Mailbox | None = Field(
        None,
        description="Who mails are from: an address, or `Name <address>`. Without it: the service's"
        " name, and `no-reply` at the host of the public URL.",
    )
    mail_dir: Path | None = Field(
        None, description="A folder that gets each mail as a file `.eml`, instead of a server."
    )
    mail_templates: Path | None = Field(
        None, description="A folder whose templates go before those of the package."
    )
    worker: Flag = Field(
        True,
        description="Let the server send mail and webhooks and erase accounts beside the requests. "
        "Without: run `hexkey worker`.",
    )

    @property
    def smtp(self) -> SmtpAddress:
        """The SMTP server; its password is in it.

        Raises:
            ValueError: if none is set.
        """
        if self.smtp_url is None:
            raise ValueError("there is no HEXKEY_SMTP_URL")
        return SmtpAddress.parse(self.smtp_url.get_secret_value())
