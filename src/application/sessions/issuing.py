"""Signing in: opening a session and issuing its first tokens."""

from dataclasses import dataclass, replace

from hexkey.application.access.authority import GrantScopes
from hexkey.application.audit.context import current_request
from hexkey.application.authentication.authenticate import Authenticate
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.authentication import DeviceTokens
from hexkey.application.ports.sessions import SessionStore, SessionTransaction, SignedIn
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.application.sessions.tokens import IssuedTokens, IssueTokens
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.session import Client, Session, SessionPolicy

_REMEMBERED_DEVICES = 100  # sessions that are compared; older ones are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Trade a login name and a password for a session."""

    authenticate: Authenticate
    store: SessionStore
    grant: GrantScopes
    issue: IssueTokens
    devices: DeviceTokens
    tell: Tell
    ids: IdGenerator
    clock: Clock
    policy: SessionPolicy

    async def __call__(
        self,
        *,
        login: str,
        password: str,
        scope: str = "",
        client: Client = Client(),
        device: str | None = None,
    ) -> IssuedTokens:
        """Return the session's first tokens.

        With one session more than the policy allows, the user's oldest one ends.

        Args:
            scope: what is asked for, separated by spaces; what is unknown, or for others, is
                not granted.
            client: where the request came from, for its owner to recognize later.
            device: a device token, if one came; a known device stays the one that it is.

        Raises:
            InvalidCredentials, TooManyAttempts, HashingOverloaded: as `Authenticate`.
            TemporarilyUnavailable: if there is no key to sign with, or the store is away; no
                session was opened.
        """
        user = await self.authenticate(
            login=login, password=password, address=client.address, device=device
        )
        session = Session.opened(
            id=SessionId(self.ids.new()),
            user=user.id,
            policy=self.policy,
            client=client,
            scopes=await self.grant(user, requested=scope),
            now=self.clock.now(),
        )
        issued = await self._open(session, proved=user)
        known = self.devices.read(device, user) if device else None
        return replace(issued, device_token=self.devices.write(known or self.ids.new(), user))

    async def _open(self, session: Session, *, proved: User) -> IssuedTokens:
        now = session.created_at
        current_request().identify(proved.id, session=session.id)
        async with self.store.begin() as transaction:
            current = await transaction.users.find(proved.id)
            # Hashing took a while: a password change or a disabling in between must win.
            if current is None or not current.accepts_proof_for(proved):
                raise InvalidCredentials
            await self._notice(transaction, session, current)
            await transaction.sessions.add(session)
            ended = await transaction.sessions.end_beyond(
                self.policy.most, current.id, keep=session.id, now=now
            )
            await self.tell.ended(transaction, current.id, ended, at=now)
            await self.tell.audit(
                transaction,
                AuditType.SIGNED_IN,
                at=now,
                subject=current.id,
                session=session.id,
                details={"method": "password"},
            )
            # Before the commit: no session without its tokens.
            issued = self.issue(SignedIn(session=session, user=current), refresh_number=1, now=now)
            await transaction.commit()
        return issued

    async def _notice(self, transaction: SessionTransaction, session: Session, user: User) -> None:
        """Write to the user if the device is new to them; nothing is read without an address."""
        if user.email is None or not user.email_verified:
            return
        earlier = await transaction.sessions.of_user(
            user.id, also_ended=True, limit=_REMEMBERED_DEVICES
        )
        if not session.client.is_new_to(earlier):
            return
        client = session.client
        details = {"device": client.user_agent or "", "network": client.address or ""}
        event = Event(type=EventType.NEW_DEVICE, user=user, at=session.created_at, details=details)
        await self.tell(transaction, event)
