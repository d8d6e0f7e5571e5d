"""E-mail addresses by email-validator."""

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from hexkey.application.ports.accounts import EmailSyntax
from hexkey.domain.accounts.email import (
    EmailAddress,
    InvalidEmail,
    canonical_key,
    ensure_unambiguous,
)

# IDNA takes these for dots (UTS #46 §4), and NFKC does not: two readers, two domains.
_IDEOGRAPHIC_STOPS = frozenset("\u3002\uff61")


class ValidatedAddresses(EmailSyntax):
    """One mailbox in one domain: no display name, quoting, comment or domain literal.

    Whether mail arrives there only a mail can tell, so the DNS is never asked. Names that no
    registry gives out (`localhost`, `.local`, `.invalid`, `.onion`) are refused; `.test` and
    `example.com` are for developers.
    """

    def parse(self, text: str) -> EmailAddress:
        typed = ensure_unambiguous(text)
        if not _IDEOGRAPHIC_STOPS.isdisjoint(typed):
            raise InvalidEmail
        read = _validated(typed)
        key = canonical_key(read.local_part, read.ascii_domain)
        if not typed.isascii():
            _ensure_canonical(key)
        return EmailAddress(value=_deliverable(typed, read), key=key)


def _validated(text: str) -> ValidatedEmail:
    try:
        read = validate_email(
            text,
            check_deliverability=False,
            strict=True,
            test_environment=True,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            allow_empty_local=False,
            globally_deliverable=True,
        )
    except (EmailNotValidError, ValueError):
        raise InvalidEmail from None
    if "." not in read.ascii_domain:
        raise InvalidEmail
    return read


def _ensure_canonical(key: str) -> None:
    """Folding can make text that is no address, or that folds once more; such are refused."""
    read = _validated(ensure_unambiguous(key))
    if canonical_key(read.local_part, read.ascii_domain) != key:
        raise InvalidEmail


def _deliverable(typed: str, read: ValidatedEmail) -> str:
    """As typed, but an international domain in the form that the DNS knows it by."""
    local, _, domain = typed.rpartition("@")
    return typed if domain.isascii() else f"{local}@{read.domain}"
