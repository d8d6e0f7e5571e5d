"""Changing an address: the new one is confirmed first, and the old one may take it back."""

from dataclasses import dataclass

from hexkey.application.accounts.changing import end_sessions, replace_user
from hexkey.application.accounts.looking import LookAtToken, spend_for
from hexkey.application.accounts.mail_requests import RequestKind, RequestMail, request_message
from hexkey.application.accounts.pending import change_content
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, AccountTransaction, EmailSyntax
from hexkey.application.ports.sessions import SessionStore, SessionTransaction, StateChanges
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.domain.accounts.user import EmailTaken, User, UserNotFound
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import MessageId, UserId

# All but the link that keeps an account from being erased, which gives nobody anything else.
_VOID_WITH_UNDO = frozenset(Purpose) - {Purpose.RESTORE_ACCOUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEmailChange:
    """Ask for the mail by which a new address is confirmed; until then nothing changes."""

    store: AccountStore
    request_mail: RequestMail
    emails: EmailSyntax

    async def __call__(
        self, *, user: UserId, email: str, network: str | None = None, language: str | None = None
    ) -> None:
        """The caller has made sure that the session is fresh.

        Whether the address is free is told to whoever reads it, and to nobody else.

        Raises:
            InvalidEmail: if that is no address.
            UserNotFound: if there is no such user.
        """
        address = self.emails.parse(email)
        async with self.store.begin() as transaction:
            asking = await transaction.users.find(user)
            if asking is None or not asking.is_active:
                raise UserNotFound
            await self.request_mail.queue(
                transaction,
                RequestKind.EMAIL_CHANGE,
                address=address,
                network=network,
                language=asking.language or language,
                content=change_content(asking),
            )
            await transaction.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEmailChange:
    """Put the new address in the place of the old one."""

    store: AccountStore
    look: LookAtToken
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, token: str) -> User:
        """Return the user, whose new address is verified.

        Both addresses are told; the old one, if it was verified, gets a link that undoes it.

        Raises:
            InvalidOrExpiredToken: if that proves nothing, or the address is somebody's by now.
        """
        seen = await self.look(token=token, purposes=(Purpose.CHANGE_EMAIL,))
        now = self.clock.now()
        async with self.store.begin() as transaction:
            user = await spend_for(transaction, seen, now=now)
            changed = user.with_verified_email(seen.address, now=now)
            try:
                await replace_user(transaction.users, user, changed)
            except EmailTaken:
                raise InvalidOrExpiredToken from None
            # Also what would fit again if the address were changed back.
            await transaction.one_time_tokens.void(user.id)
            await self._tell(transaction, user, changed)
            await transaction.commit()
        self.changes.announce(user.id)
        return changed

    async def _tell(self, transaction: AccountTransaction, before: User, changed: User) -> None:
        old, new, now = before.email, changed.email, self.clock.now()
        if new is None or (old is not None and old.key == new.key):
            verified = Event(type=EventType.EMAIL_VERIFIED, user=changed, at=now)
            await self.tell(transaction, verified)
            return
        details = {"new_address": new.value}
        event = Event(type=EventType.EMAIL_CHANGED, user=changed, at=now, details=details)
        await self.tell(transaction, event)
        # An address that was never verified may be anybody's, and must not get the account.
        if old is not None and before.email_verified:
            await self.tell.write(transaction, "email_changed_old", to=old, event=event)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoEmailChange:
    """Give an account back to whoever reads its former address."""

    store: SessionStore
    look: LookAtToken
    tell: Tell
    changes: StateChanges
    ids: IdGenerator
    clock: Clock

    async def __call__(self, *, token: str) -> User:
        """Return the user with the former address, and without a password.

        All sessions end, and every link that was mailed since the change is void, those that undo
        it among them; older ones still take back what came before. A mail to set a new password
        leaves at once.

        Raises:
            InvalidOrExpiredToken: if that proves nothing, or the address is back already.
            EmailTaken: if the address is another account's by now, and verified there.
        """
        seen = await self.look(token=token, purposes=(Purpose.UNDO_EMAIL_CHANGE,))
        now = self.clock.now()
        async with self.store.begin() as transaction:
            user = await spend_for(transaction, seen, now=now)
            if user.email is not None and user.email.key == seen.address.key:
                raise InvalidOrExpiredToken
            freed = await self._free(transaction, seen.address)
            restored = user.with_verified_email(seen.address, now=now).without_password(now=now)
            await replace_user(transaction.users, user, restored)
            tokens = transaction.one_time_tokens
            await tokens.void(user.id, purposes=_VOID_WITH_UNDO, after=seen.created_at)
            await tokens.void(user.id)
            await self._tell(transaction, restored, seen.address)
            await transaction.commit()
        for changed in filter(None, (user.id, freed)):
            self.changes.announce(changed)
        return restored

    async def _free(self, transaction: SessionTransaction, address: EmailAddress) -> UserId | None:
        """Take the address from whoever registered with it meanwhile, and never proved it."""
        now = self.clock.now()
        holder = await transaction.users.find_by_email(address.key)
        if holder is None:
            return None
        if holder.email_verified:
            raise EmailTaken
        ended = await transaction.sessions.end_all(holder.id, keep=None, now=now)
        if holder.username is None:  # nothing is left by which anybody could sign in
            freed = await transaction.users.erase(holder, now=now)
            gone = Event(type=EventType.USER_DELETED, user=holder, at=now)
            await self.tell(transaction, gone)
        else:
            without = holder.without_email(now=now)
            await transaction.one_time_tokens.void(holder.id)
            freed = await transaction.users.replace(holder, without)
            await self.tell.ended(transaction, holder.id, ended, at=now)
        if not freed:
            raise TemporarilyUnavailable
        return holder.id

    async def _tell(
        self, transaction: SessionTransaction, user: User, address: EmailAddress
    ) -> None:
        now = self.clock.now()
        details = {"new_address": address.value}
        event = Event(type=EventType.EMAIL_CHANGED, user=user, at=now, details=details)
        await self.tell(transaction, event)
        await end_sessions(transaction, self.tell, user.id, now=now)
        reset = request_message(
            RequestKind.PASSWORD_RESET,
            id=MessageId(self.ids.new()),
            address=address,
            language=user.language,
            now=now,
        )
        await transaction.outbox.add(reset)
