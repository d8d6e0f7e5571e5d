"""Mail that strangers may ask for: the same work, whether there is an account or not.

A request is only written down. Whose address it is, and which mail that makes, or none, is found
out by the worker later (`mail_decisions`), so neither the answer nor its time tells anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.accounts import AccountStore, AccountTransaction, EmailSyntax
from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.application.ports.outbox import RecentMail
from hexkey.application.ports.system import Clock, IdGenerator, SecretGenerator
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import LIFETIMES, Purpose
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.networks import network_of
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel, Message

FLOW_DIGEST = "flow_digest"  # in the content of a request: of what the one who asked was given


class RequestKind(StrEnum):
    """What may be asked for; the kind of the message that asks."""

    REGISTRATION = "registration"
    VERIFICATION = "verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a request
    EMAIL_CHANGE = "email_change"


PURPOSES: Mapping[RequestKind, Purpose] = {
    RequestKind.REGISTRATION: Purpose.REGISTER,
    RequestKind.VERIFICATION: Purpose.VERIFY_EMAIL,
    RequestKind.PASSWORD_RESET: Purpose.RESET_PASSWORD,
    RequestKind.EMAIL_CHANGE: Purpose.CHANGE_EMAIL,
}

_AUDITED: Mapping[RequestKind, AuditType] = {
    RequestKind.REGISTRATION: AuditType.REGISTRATION_REQUESTED,
    RequestKind.VERIFICATION: AuditType.EMAIL_VERIFICATION_REQUESTED,
    RequestKind.PASSWORD_RESET: AuditType.PASSWORD_RESET_REQUESTED,
    RequestKind.EMAIL_CHANGE: AuditType.EMAIL_CHANGE_REQUESTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequestPolicy:
    """How much mail may be asked for.

    Attributes:
        pause: between two mails of one kind to one address; whoever has just registered may have
            forgotten the password at once.
        hourly: mails to one address.
        per_network: mails a minute for one network, to whatever addresses.
    """

    pause: timedelta = timedelta(seconds=30)
    hourly: int = 5
    per_network: int = 20

    def allows(self, recent: RecentMail, *, now: datetime) -> bool:
        """Whether one more may be queued."""
        return (
            _count(recent.of_kind, within=self.pause, now=now) < 1
            and _count(recent.to_recipient, within=timedelta(hours=1), now=now) < self.hourly
            and _count(recent.from_network, within=timedelta(minutes=1), now=now) < self.per_network
        )


def _count(instants: Sequence[datetime], *, within: timedelta, now: datetime) -> int:
    """How many there were; those of a clock that was set back since keep nobody waiting."""
    return sum(now - within < at <= now for at in instants)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMail:
    """Write down that somebody asks for mail to an address."""

    store: AccountStore
    ids: IdGenerator
    secrets: SecretGenerator
    one_time_secrets: OneTimeSecrets
    clock: Clock
    policy: MailRequestPolicy = MailRequestPolicy()

    async def __call__(
        self,
        kind: RequestKind,
        *,
        address: EmailAddress,
        network: str | None,
        language: str | None,
        content: Mapping[str, str] | None = None,
    ) -> str:
        """Return the flow's secret, for whoever asks; it must be shown with the code.

        What is asked for too often is left out in silence.

        Args:
            network: the client's address, or what is known of it; counted with its neighbors.
        """
        flow = self.secrets.secret()
        digest = self.one_time_secrets.digest(flow)
        if digest is None:
            raise ValueError("a flow's secret that is none")
        content = {**(content or {}), FLOW_DIGEST: digest}
        async with self.store.begin() as transaction:
            await self.queue(
                transaction,
                kind,
                address=address,
                network=network,
                language=language,
                content=content,
            )
            await transaction.commit()
        return flow

    async def queue(
        self,
        transaction: AccountTransaction,
        kind: RequestKind,
        *,
        address: EmailAddress,
        network: str | None,
        language: str | None,
        content: Mapping[str, str] | None = None,
    ) -> None:
        """Do it as a part of `transaction`; without a flow, so no code will do."""
        now = self.clock.now()
        counted = network_of(network) if network else None
        recent = await transaction.outbox.recent(
            kind=kind.value,
            recipient_key=address.key,
            network=counted,
            since=now - timedelta(hours=1),
        )
        if not self.policy.allows(recent, now=now):
            return
        message = request_message(
            kind,
            id=MessageId(self.ids.new()),
            address=address,
            network=counted,
            language=language,
            content=content,
            now=now,
        )
        await transaction.outbox.add(message)
        await Audit(ids=self.ids)(transaction, _AUDITED[kind], at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForMail:
    """Let anybody ask for one kind of mail to an address they name."""

    kind: RequestKind
    request_mail: RequestMail
    emails: EmailSyntax

    async def __call__(
        self, *, email: str, network: str | None = None, language: str | None = None
    ) -> str:
        """Return the flow's secret, whether or not there is an account or anything to do.

        Raises:
            InvalidEmail: if that is no address.
        """
        return await self.request_mail(
            self.kind, address=self.emails.parse(email), network=network, language=language
        )


def request_message(
    kind: RequestKind,
    *,
    id: MessageId,
    address: EmailAddress,
    network: str | None = None,
    language: str | None = None,
    content: Mapping[str, str] | None = None,
    now: datetime,
) -> Message:
    """A request; it is about no user, even where one is known, and so counted like all others."""
    return Message(
        id=id,
        channel=Channel.MAIL,
        kind=kind.value,
        recipient=address.value,
        recipient_key=address.key,
        content=content or {},
        language=language,
        network=network,
        created_at=now,
        due_at=now,
        expires_at=now + LIFETIMES[PURPOSES[kind]],
    )
