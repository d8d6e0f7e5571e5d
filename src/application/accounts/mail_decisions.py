"""Which mail a message of the outbox becomes, for whom, and which token it carries, if any.

Requests by strangers are decided here, when nobody waits for the answer any more. Where there is
nobody to write to, a token is put all the same: its code can be tried, like any other, and so the
time of a wrong code does not tell whether the address is somebody's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from hexkey.application.accounts.mail_requests import FLOW_DIGEST, RequestKind
from hexkey.application.accounts.pending import pending_registration, requested_change
from hexkey.application.outbox.telling import name_of
from hexkey.application.ports.accounts import Users
from hexkey.application.ports.one_time_tokens import OneTimeSecrets, OneTimeTokens
from hexkey.domain.access import Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import (
    LIFETIMES,
    MOST_TRIES,
    WITH_CODE,
    Invitation,
    OneTimeToken,
    PendingRegistration,
    Purpose,
    subject_of,
)
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import TokenId
from hexkey.domain.outbox import Message

Content = PendingRegistration | Invitation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a message.

    Attributes:
        kind: of the letter; `None` if none is sent.
        to: the stored address, never one that was only typed (CVE-2019-19844).
        user_name: what the letter calls its reader.
        token: to be put before anything is sent, also where nothing is.
        language: of the reader; `None` for the deployment's.
        device: what the reader knows the device by of which the message tells.
    """

    kind: str | None
    to: EmailAddress
    user_name: str = ""
    token: OneTimeToken | None = None
    language: str | None = None
    device: str = ""

    @property
    def takes_codes(self) -> bool:
        """Whether the letter may show a code: a reset demands the flow of whoever asked."""
        token = self.token
        if token is None or token.tries >= MOST_TRIES:
            return False
        return token.purpose is not Purpose.RESET_PASSWORD or token.flow_digest is not None


async def decide(
    message: Message, *, users: Users, tokens: OneTimeTokens, secrets: OneTimeSecrets
) -> Decision:
    """Decide about a mail that is to leave, as `users` and `tokens` are in this transaction."""
    rule = _RULES.get(message.kind, _news)
    case = _Case(message=message, users=users, tokens=tokens, secrets=secrets)
    decision = await rule(case)
    token = decision.token
    if token is None or token.purpose not in WITH_CODE:
        return decision
    earlier = await tokens.find_for(token.purpose, token.subject)
    return replace(decision, token=token.after(earlier))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One message, and what its rule may ask."""

    message: Message
    users: Users
    tokens: OneTimeTokens
    secrets: OneTimeSecrets

    @property
    def address(self) -> EmailAddress:
        return EmailAddress(value=self.message.recipient, key=self.message.recipient_key)

    async def owner(self) -> User | None:
        """Whose address that is."""
        return await self.users.find_by_email(self.message.recipient_key)

    async def subject(self) -> User | None:
        """Whom the message is about."""
        return await self.users.find(self.message.user) if self.message.user else None

    def nothing(self, purpose: Purpose | None = None) -> Decision:
        """No mail; for a request, a token that nobody can use."""
        token = self.token(purpose, user=None) if purpose else None
        return Decision(kind=None, to=self.address, token=token)

    def letter(
        self,
        kind: str,
        user: User | None,
        *,
        to: EmailAddress | None = None,
        token: OneTimeToken | None = None,
    ) -> Decision:
        """A mail to `user`, or to somebody who has no account."""
        name = self.message.content.get("user_name", "") if user is None else name_of(user)
        language = self.message.language if user is None else user.language
        return Decision(
            kind=kind,
            to=to or self.address,
            user_name=name,
            token=token,
            language=language or self.message.language,
        )

    def token(
        self, purpose: Purpose, *, user: User | None, content: Content = None
    ) -> OneTimeToken:
        """The token of this message; the same one at each attempt."""
        message, address = self.message, self.address
        digest = self.secrets.digest(self.secrets.link(message.id, purpose))
        if digest is None:
            raise ValueError("a link's secret that is none")
        return OneTimeToken(
            id=TokenId(message.id),
            purpose=purpose,
            subject=subject_of(purpose, user=user.id if user else None, address=address),
            user=user.id if user else None,
            address=address,
            credential_version=user.credential_version if user else None,
            digest=digest,
            flow_digest=message.content.get(FLOW_DIGEST),
            content=content,
            created_at=message.created_at,
            expires_at=message.created_at + LIFETIMES[purpose],
        )


async def _registration(case: _Case) -> Decision:
    owner = await case.owner()
    if owner is not None:
        taken = case.nothing(Purpose.REGISTER)
        if not owner.is_active:
            return taken
        return case.letter("registration_taken", owner, to=owner.email, token=taken.token)
    pending = pending_registration(case.message.content, language=case.message.language)
    return _finish(case, pending)


def _finish(case: _Case, pending: PendingRegistration) -> Decision:
    token = case.token(Purpose.REGISTER, user=None, content=pending)
    name = pending.username.value if pending.username else pending.profile.full_name or ""
    return replace(case.letter("finish_registration", None, token=token), user_name=name)


async def _password_reset(case: _Case) -> Decision:
    owner = await case.owner()
    if owner is None or not owner.is_active:
        return case.nothing(Purpose.RESET_PASSWORD)
    token = case.token(Purpose.RESET_PASSWORD, user=owner)
    return case.letter("reset_password", owner, to=owner.email, token=token)


async def _verification(case: _Case) -> Decision:
    owner = await case.owner()
    if owner is None:
        return await _registration_again(case)
    if not owner.is_active or owner.email_verified:
        return case.nothing(Purpose.VERIFY_EMAIL)
    token = case.token(Purpose.VERIFY_EMAIL, user=owner)
    return case.letter("verify_email", owner, to=owner.email, token=token)


async def _registration_again(case: _Case) -> Decision:
    """Whoever registered, and waits for a mail that was lost, is sent another one."""
    waiting = await case.tokens.find_for(
        Purpose.REGISTER, subject_of(Purpose.REGISTER, user=None, address=case.address)
    )
    if waiting is None or not waiting.is_live(now=case.message.created_at):
        return case.nothing(Purpose.VERIFY_EMAIL)
    if not isinstance(waiting.content, PendingRegistration):
        return case.nothing(Purpose.VERIFY_EMAIL)
    return _finish(case, waiting.content)


async def _email_change(case: _Case) -> Decision:
    asking, version = requested_change(case.message.content)
    user = await case.users.find(asking)
    # Whoever asked has since lost the account, or its password was changed.
    if user is None or not user.is_active or user.credential_version != version:
        return case.nothing()
    owner = await case.owner()
    if owner is None or owner.id == user.id:
        token = case.token(Purpose.CHANGE_EMAIL, user=user)
        return case.letter("change_email", user, token=token)
    if not owner.is_active:
        return case.nothing()
    return case.letter("address_in_use", owner, to=owner.email)


async def _old_address(case: _Case) -> Decision:
    user = await case.subject()
    if user is None:
        return case.nothing()
    token = case.token(Purpose.UNDO_EMAIL_CHANGE, user=user)
    return case.letter("email_changed_old", user, token=token)


async def _deletion(case: _Case) -> Decision:
    user = await case.subject()
    if user is None or not user.is_active or user.erase_at is None:
        return case.nothing()
    token = case.token(Purpose.RESTORE_ACCOUNT, user=user)
    token = replace(token, expires_at=min(token.expires_at, user.erase_at))
    return case.letter("deletion_scheduled", user, token=token)


async def _invitation(case: _Case) -> Decision:
    if await case.owner() is not None:
        return case.nothing()
    roles = frozenset(map(Role, case.message.content["roles"].split()))
    token = case.token(Purpose.INVITE, user=None, content=Invitation(roles=roles))
    return case.letter("invitation", None, token=token)


async def _news(case: _Case) -> Decision:
    """What has happened is told, whatever has become of the account, unless it is gone."""
    user = await case.subject()
    if user is None and case.message.user is not None:
        return case.nothing()
    return case.letter(case.message.kind, user)


_RULES: Mapping[str, Callable[[_Case], Awaitable[Decision]]] = {
    RequestKind.REGISTRATION: _registration,
    RequestKind.PASSWORD_RESET: _password_reset,
    RequestKind.VERIFICATION: _verification,
    RequestKind.EMAIL_CHANGE: _email_change,
    "email_changed_old": _old_address,
    "deletion_scheduled": _deletion,
    "invitation": _invitation,
}
