"""Adapters of mail as the settings want them; what cannot be used is a sentence at the start."""

import sys

from hexkey.adapters.mail.console_sender import ConsoleSender
from hexkey.adapters.mail.file_sender import FileSender
from hexkey.adapters.mail.jinja_writer import JinjaLetters
from hexkey.adapters.mail.originator import InvalidOriginator, Originator
from hexkey.adapters.mail.overrides import UnusableTemplates
from hexkey.adapters.mail.smtp_sender import SmtpSender
from hexkey.adapters.mail.smtp_server import Encryption, SmtpServer
from hexkey.entrypoints.first_start import existing_folder, readable_file
from hexkey.entrypoints.settings import BadConfiguration, Settings


def smtp_sender(settings: Settings) -> SmtpSender:
    """Mail through the server of HEXKEY_SMTP_URL.

    Raises:
        BadConfiguration: if its authorities cannot be read, or nobody can be the sender.
    """
    smtp = settings.smtp
    server = SmtpServer(
        host=smtp.host,
        port=smtp.port,
        encryption=Encryption(smtp.security),
        user=smtp.user,
        password=smtp.password,
        ca_file=readable_file(settings.smtp_ca_file, "HEXKEY_SMTP_CA_FILE"),
    )
    return SmtpSender(server, originator=originator(settings))


def file_sender(settings: Settings) -> FileSender:
    """Mail as files in HEXKEY_MAIL_DIR.

    Raises:
        BadConfiguration: if nobody can be the sender, or there is no such setting.
    """
    if settings.mail_dir is None:
        raise BadConfiguration("HEXKEY_MAIL_DIR: is not set.")
    return FileSender(settings.mail_dir.absolute(), originator=originator(settings))


def console_sender() -> ConsoleSender:
    """Mail on standard error, where the log is: what programs read stays clean."""
    return ConsoleSender(sys.stderr)


def letters(settings: Settings) -> JinjaLetters:
    """The words of mails, a deployment's own before ours.

    Raises:
        BadConfiguration: naming each template that cannot be used.
    """
    overrides = existing_folder(settings.mail_templates, "HEXKEY_MAIL_TEMPLATES")
    try:
        return JinjaLetters(
            service_name=settings.service_name,
            default_language=settings.language,
            overrides=overrides,
        )
    except UnusableTemplates as error:
        faults = str(error).splitlines()
        raise BadConfiguration(*(f"HEXKEY_MAIL_TEMPLATES: {it}" for it in faults)) from None


def originator(settings: Settings) -> Originator:
    """Who mails are from.

    Raises:
        BadConfiguration: if not every server could handle it.
    """
    try:
        return Originator.parse(settings.sender)
    except InvalidOriginator as error:
        raise BadConfiguration(f"HEXKEY_MAIL_FROM: {error}.") from None
