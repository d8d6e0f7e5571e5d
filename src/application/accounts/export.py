"""Everything that is held about somebody, for them to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.access import AccessStore
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.audit.event import AuditType
from hexkey.domain.identifiers import UserId
from hexkey.domain.outbox import MessageState
from hexkey.domain.sessions.api_key import ApiKey
from hexkey.domain.sessions.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedToken:
    """A link or a code that was mailed; what it is, and not how it is proved."""

    purpose: Purpose
    address: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedMessage:
    """A mail or a webhook call about somebody."""

    kind: str
    channel: str
    created_at: datetime
    state: MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExport:
    """What is held about one user, secrets excepted.

    Attributes:
        user: whose password hash is not for exporting, nor are the digests of `keys`.
        sessions: ended ones, too, as long as they are kept.
    """

    exported_at: datetime
    user: User
    sessions: Sequence[Session]
    tokens: Sequence[ExportedToken]
    messages: Sequence[ExportedMessage]
    keys: Sequence[ApiKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAccount:
    """Let users see what is held about them (GDPR, Article 15)."""

    store: AccessStore
    audit: Audit
    clock: Clock

    async def __call__(self, *, user: UserId) -> AccountExport:
        """Return it as of one instant; the caller has made sure that the session is fresh.

        Raises:
            UserNotFound: if there is no such user.
        """
        async with self.store.begin() as transaction:
            found = await transaction.users.find(user)
            if found is None:
                raise UserNotFound
            sessions = await transaction.sessions.of_user(user, also_ended=True)
            tokens = await transaction.one_time_tokens.of_user(user)
            messages = await transaction.outbox.about(found)
            keys = await transaction.api_keys.of_owner(user)
            now = self.clock.now()
            await self.audit(transaction, AuditType.USER_EXPORTED, at=now, subject=user)
            await transaction.commit()
        return AccountExport(
            exported_at=now,
            user=found,
            sessions=sessions,
            keys=keys,
            tokens=[
                ExportedToken(
                    purpose=token.purpose,
                    address=token.address.value,
                    created_at=token.created_at,
                    expires_at=token.expires_at,
                    used_at=token.used_at,
                )
                for token in tokens
            ],
            messages=[
                ExportedMessage(
                    kind=message.kind,
                    channel=message.channel.value,
                    created_at=message.created_at,
                    state=message.state,
                )
                for message in messages
            ],
        )
