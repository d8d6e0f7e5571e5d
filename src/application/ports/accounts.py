"""Users: their names, where they are kept, and how they are looked up."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.application.ports.audit import AuditTrail
from hexkey.application.ports.one_time_tokens import OneTimeTokens
from hexkey.application.ports.outbox import Outbox
from hexkey.domain.access import Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.password import PasswordScheme
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import UserId


class EmailSyntax(Protocol):
    """Reads e-mail addresses as people type them."""

    def parse(self, text: str) -> EmailAddress:
        """The address, with the key by which it is compared.

        Parsing a key again gives the same key.

        Raises:
            InvalidEmail: if `text` is not one deliverable address.
        """
        ...


class UsernameSyntax(Protocol):
    """Reads user names as people type them."""

    def parse(self, text: str) -> Username:
        """The name, with the key and the skeleton by which it is compared; it may be reserved.

        Parsing a key again gives the same key.

        Raises:
            InvalidUsername: if `text` cannot be a name.
        """
        ...


class Users(Protocol):
    """The users, inside one transaction."""

    async def add(self, user: User) -> None:
        """Keep a new user.

        Raises:
            UsernameTaken: if its name's key or skeleton is another user's.
            EmailTaken: if its address's key is another user's.
        """
        ...

    async def find(self, id: UserId) -> User | None:
        """That user, who stays as found until the transaction ends."""
        ...

    async def replace(self, old: User, new: User) -> bool:
        """Swap `old` for `new`, atomically.

        Returns:
            False, and nothing changed, if the stored user is no longer of `old`'s version.

        Raises:
            UsernameTaken, EmailTaken: as for `add`.
            LastAdministrator: if `old` can administer, `new` cannot, and nobody else can; of two
                transactions that would take the last two, one gets this or must try again.
        """
        ...

    async def find_by_email(self, key: str) -> User | None:
        """The user whose address has this key, as `find` finds one."""
        ...

    async def due_for_erasure(self, *, now: datetime, limit: int) -> Sequence[UserId]:
        """At most `limit` users whose `erase_at` has come, the longest due first."""
        ...

    async def erase(self, user: User, *, now: datetime) -> bool:
        """Delete the user and all that is kept about them: sessions, tokens, messages.

        Messages that are added afterwards, in the same transaction, stay.

        Returns:
            False, and nothing changed, if the stored user is no longer of this version.

        Raises:
            LastAdministrator: as for `replace`.
        """
        ...


class AccountTransaction(Protocol):
    """What the flows of accounts change together."""

    @property
    def users(self) -> Users:
        """The users, as this transaction sees and changes them."""
        ...

    @property
    def one_time_tokens(self) -> OneTimeTokens:
        """The one-time tokens, as this transaction sees and changes them."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What leaves if this transaction commits."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """What is written down of this transaction if it commits."""
        ...

    async def commit(self) -> None:
        """Make all changes durable at once; without it they are gone."""
        ...


class AccountStore(Protocol):
    """Where accounts are kept."""

    def begin(self) -> AbstractAsyncContextManager[AccountTransaction]:
        """Open a transaction; leaving it without `commit` undoes everything.

        Raises:
            TemporarilyUnavailable: if the store cannot be reached, is full or read-only, or gave
                way to another transaction; nothing changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of the list of users.

    Attributes:
        users: in the order of their ids, oldest first.
        next: the id after which the next page begins; `None` on the last page.
    """

    users: Sequence[User]
    next: UserId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """Which users a list is about: those for whom everything that is given holds.

    Attributes:
        username: the key of the name.
        email: the key of the address.
        is_active: whether the account may be used.
        role: one that they hold.
    """

    username: str | None = None
    email: str | None = None
    is_active: bool | None = None
    role: Role | None = None


EVERYBODY = UserFilter()


class UserDirectory(Protocol):
    """Looking users up, without a transaction."""

    async def find(self, id: UserId) -> User | None:
        """That user, as last committed."""
        ...

    async def find_by_username(self, key: str) -> User | None:
        """The user whose name has this key."""
        ...

    async def find_by_email(self, key: str) -> User | None:
        """The user whose address has this key."""
        ...

    async def page(
        self, *, after: UserId | None, limit: int, only: UserFilter = EVERYBODY
    ) -> UserPage:
        """At most `limit` users whose ids come after `after`, of those that are asked for.

        Every user who exists from the first page to the last is on exactly one of them.
        """
        ...

    async def password_schemes(self) -> frozenset[PasswordScheme]:
        """Every scheme of which at least one stored hash is."""
        ...
