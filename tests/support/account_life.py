"""The flows that go through the mail, over one deployment in memory, and a postman."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from hexkey.adapters.memory.outbox_queue import MemoryOutboxQueue
from hexkey.adapters.memory.webhook_endpoints import MemoryWebhookEndpoints
from hexkey.adapters.useragent.device_names import ParsedDeviceNames
from hexkey.application.accounts.deletion import (
    EraseDue,
    RestoreAccount,
    RestoreAccountByToken,
    ScheduleDeletion,
)
from hexkey.application.accounts.email_change import (
    ConfirmEmailChange,
    RequestEmailChange,
    UndoEmailChange,
)
from hexkey.application.accounts.email_verification import (
    ConfirmEmail,
    DisownEmail,
)
from hexkey.application.accounts.export import ExportAccount
from hexkey.application.accounts.invitation import AcceptInvitation, InviteUser
from hexkey.application.accounts.looking import LookAtToken, TryCode
from hexkey.application.accounts.mail_requests import AskForMail, RequestKind
from hexkey.application.accounts.password_reset import ResetPassword
from hexkey.application.outbox.preparing import PrepareMail
from hexkey.application.ports.mail import Letter, LetterWriter, WrittenLetter
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.identifiers import MessageId, TokenId
from hexkey.domain.outbox import Channel, Message
from tests.support.audits import an_audit
from tests.support.deployments import PASSWORD, MemoryDeployment

ADDRESS = "alice@example.com"
OTHER_ADDRESS = "alice@new.example"
NEW_PASSWORD = "battery staple"
HEARD_AFTER = timedelta(minutes=16)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A mail as its reader has it."""

    id: MessageId
    kind: str
    to: str
    values: Mapping[str, str]

    @property
    def token(self) -> str:
        """What its link carries."""
        return self.values["link"].partition("?token=")[2]

    @property
    def code(self) -> str:
        return self.values["code"]


class PlainLetters(LetterWriter):
    """Remembers what a letter was to say."""

    def __init__(self) -> None:
        self.last: Letter | None = None

    def write(self, letter: Letter) -> WrittenLetter:
        self.last = letter
        return WrittenLetter(subject=letter.kind, text="", html="")

    def language_for(self, wanted: str) -> str | None:
        return None


class AccountLife:
    """Every such flow; `deliver` is the worker's turn."""

    def __init__(
        self, deployment: MemoryDeployment, *, grace: timedelta = timedelta(days=14)
    ) -> None:
        self.on = deployment
        self.clock, self.ids, self.secrets = (
            deployment.clock,
            deployment.ids,
            deployment.one_time_secrets,
        )
        self._letters = PlainLetters()
        self.store = deployment.stores.store
        self.queue = MemoryOutboxQueue(self.store)
        self.webhooks = MemoryWebhookEndpoints(self.store)
        self.prepare = PrepareMail(
            store=self.store,
            secrets=self.secrets,
            letters=self._letters,
            devices=ParsedDeviceNames(),
            pages="https://auth.example/account",
        )
        self.inbox: list[Delivered] = []
        self._proofs()
        self._addresses()
        self._leaving(grace)
        self._joining()

    def _proofs(self) -> None:
        on, store, clock = self.on, self.store, self.clock
        self.look = LookAtToken(
            store=store, users=on.stores.users, secrets=self.secrets, clock=clock
        )
        self.try_code = TryCode(store=store, emails=on.emails, secrets=self.secrets, clock=clock)
        self.request_reset = AskForMail(
            kind=RequestKind.PASSWORD_RESET, request_mail=on.request_mail, emails=on.emails
        )
        self.reset = ResetPassword(
            store=store,
            users=on.stores.users,
            look=self.look,
            try_code=self.try_code,
            passwords=on.new_passwords,
            tell=on.tell,
            changes=on.signed_in,
            clock=clock,
        )

    def _addresses(self) -> None:
        on, store, clock, tell = self.on, self.store, self.clock, self.on.tell
        look, changes = self.look, on.signed_in
        self.request_verification = AskForMail(
            kind=RequestKind.VERIFICATION, request_mail=on.request_mail, emails=on.emails
        )
        self.confirm = ConfirmEmail(
            store=store,
            look=look,
            try_code=self.try_code,
            tell=tell,
            changes=changes,
            ids=self.ids,
            clock=clock,
        )
        self.disown = DisownEmail(store=store, look=look, tell=tell, changes=changes, clock=clock)
        self.request_change = RequestEmailChange(
            store=store, request_mail=on.request_mail, emails=on.emails
        )
        self.confirm_change = ConfirmEmailChange(
            store=store, look=look, tell=tell, changes=changes, clock=clock
        )
        self.undo = UndoEmailChange(
            store=store, look=look, tell=tell, changes=changes, ids=self.ids, clock=clock
        )

    def _leaving(self, grace: timedelta) -> None:
        store, clock, tell = self.store, self.clock, self.on.tell
        changes = self.on.signed_in
        self.leave = ScheduleDeletion(
            store=store, tell=tell, changes=changes, clock=clock, grace=grace
        )
        self.restore = RestoreAccount(store=store, tell=tell, changes=changes, clock=clock)
        self.restore_by_token = RestoreAccountByToken(
            store=store, look=self.look, restore=self.restore, changes=changes, clock=clock
        )
        self.erase_due = EraseDue(
            store=store, tell=tell, changes=changes, clock=clock, heard_of_after=HEARD_AFTER
        )
        self.export = ExportAccount(store=store, audit=an_audit(), clock=clock)

    def _joining(self) -> None:
        on = self.on
        self.invite = InviteUser(store=self.store, emails=on.emails, ids=self.ids, clock=self.clock)
        self.accept = AcceptInvitation(
            store=self.store,
            look=self.look,
            usernames=on.usernames,
            passwords=on.new_passwords,
            tell=on.tell,
            ids=self.ids,
            clock=self.clock,
            policy=on.registration,
        )

    async def deliver(self) -> list[Delivered]:
        """Send all that is due; return what was read, in order."""
        now, sent = self.clock.now(), []
        claimed = await self.queue.claim(
            Channel.MAIL, holder="postman", now=now, until=now + timedelta(minutes=5), limit=1000
        )
        for message in claimed:
            sent += await self.try_to_send(message)
            await self.queue.settle([message.done()], holder="postman")
        return sent

    async def try_to_send(self, message: Message) -> list[Delivered]:
        """Do what the worker does for one message, also if it has left before."""
        now = self.clock.now()
        decided = {} if message.is_expired(now=now) else await self.prepare([message], now=now)
        if message.id not in decided:
            return []
        mail = self.prepare.write(message, decided[message.id], now=now)
        letter = self._letters.last
        assert letter is not None
        read = Delivered(id=message.id, kind=letter.kind, to=mail.to, values=letter.values)
        self.inbox.append(read)
        return [read]

    async def mail(self, kind: str) -> Delivered:
        """The one mail of that kind that leaves now."""
        [found] = [it for it in await self.deliver() if it.kind == kind]
        return found

    async def kinds(self) -> list[tuple[str, str]]:
        """What leaves now: kind and address."""
        return [(it.kind, it.to) for it in await self.deliver()]

    def wait(self, **time: float) -> None:
        self.clock.advance(**time)

    async def somebody(self, email: str = ADDRESS, username: str | None = "alice") -> User:
        """A user who has confirmed an address; no mail waits, and the next may be asked for."""
        made = await self.on.register(username=username, email=email, password=PASSWORD)
        verified = await self.confirm(token=(await self.mail("verify_email")).token)
        assert verified.id == made.id
        self.wait(hours=1)
        return await self.on.stored(made.id)

    async def session_of(self, user: User, *, password: str = PASSWORD) -> str:
        """An access token of a new session."""
        login = user.username.value if user.username else user.email.value if user.email else ""
        issued = await self.on.sign_in(login=login, password=password)
        return issued.access_token

    async def may_sign_in(self, login: str, password: str) -> bool:
        """Whether that is the password, without a session."""
        try:
            await self.on.authenticate(login=login, password=password, address=self._elsewhere())
        except InvalidCredentials:
            return False
        return True

    async def reset_mail(self, email: str = ADDRESS) -> tuple[Delivered, str]:
        """The mail of a reset, and the flow of whoever asked."""
        flow = await self.request_reset(email=email)
        return await self.mail("reset_password"), flow

    async def change_email(self, user: User, email: str = OTHER_ADDRESS) -> Delivered:
        """The mail that confirms a new address."""
        await self.request_change(user=user.id, email=email)
        return await self.mail("change_email")

    def wrong_code(self, mail: Delivered) -> str:
        """Six digits that are not those of `mail`."""
        return f"{(int(self.secrets.code(TokenId(mail.id))) + 1) % 10**6:06}"

    _guests = 0

    def _elsewhere(self) -> str:
        """A network that has not guessed before."""
        self._guests += 1
        return f"198.51.{self._guests // 250}.{self._guests % 250 + 1}"
