"""What accounts and mailed tokens should be after any sequence of deeds, as simply as can be said.

The model knows nothing of digests, purposes inside of secrets, or credential versions: a token is
worth something as long as nothing has happened that ends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.identifiers import SessionId, TokenId, UserId

LASTS = {
    Purpose.REGISTER: timedelta(hours=24),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CHANGE_EMAIL: timedelta(minutes=30),
    Purpose.UNDO_EMAIL_CHANGE: timedelta(days=7),
    Purpose.RESTORE_ACCOUNT: timedelta(days=30),
    Purpose.INVITE: timedelta(days=7),
}
TO_GET_IN = (Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL)
CODES_LAST = timedelta(minutes=10)
TRIES = 5
TRIES_LAST = timedelta(days=1)


@dataclass
class Person:
    """An account."""

    id: UserId
    username: str | None
    email: str | None
    password: str | None
    verified: bool = False
    active: bool = True
    erase_at: datetime | None = None
    sessions: set[SessionId] = field(default_factory=set)


@dataclass
class Mailed:
    """A token, of which somebody has read, or nobody.

    Attributes:
        person: `None` while there is no account, or if there is nobody.
        name: the user name that a registration asks for.
        over: used, voided or replaced.
    """

    id: TokenId
    purpose: Purpose
    person: Person | None
    address: str
    created: datetime
    expires: datetime
    flow: str | None = None
    name: str | None = None
    password: str | None = None
    nobody: bool = False
    over: bool = False
    tries: int = 0

    @property
    def subject(self) -> tuple[object, ...]:
        """A newer token with the same one replaces this one."""
        match self.purpose:
            case Purpose.UNDO_EMAIL_CHANGE:
                return (self.purpose, self._whom, self.address)
            case Purpose.CHANGE_EMAIL | Purpose.RESTORE_ACCOUNT:
                return (self.purpose, self._whom)
            case _:
                return (self.purpose, self.address)

    @property
    def _whom(self) -> object:
        return self.person.id if self.person else None

    def is_live(self, now: datetime) -> bool:
        return not self.over and self.created <= now < self.expires

    def takes_codes(self, now: datetime) -> bool:
        has_code = self.purpose in (Purpose.REGISTER, Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD)
        young = now < self.created + CODES_LAST
        return has_code and self.is_live(now) and young and self.tries < TRIES


@dataclass
class RecoveryModel:
    """The truth about all accounts, and about all that was mailed."""

    people: list[Person] = field(default_factory=list)
    mailed: list[Mailed] = field(default_factory=list)

    def holder(self, email: str) -> Person | None:
        return next((it for it in self.people if it.email == email), None)

    def named(self, username: str | None) -> Person | None:
        named = (it for it in self.people if username is not None and it.username == username)
        return next(named, None)

    def works(self, token: Mailed, now: datetime) -> bool:
        """Whether its link does its act to its account, as far as the account is concerned."""
        if token.nobody or not token.is_live(now):
            return False
        person = token.person
        if token.purpose in (Purpose.REGISTER, Purpose.INVITE):
            return True
        if person is None or person not in self.people or not person.active:
            return False
        if token.purpose in (Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD):
            return person.email == token.address
        return True

    def put(self, token: Mailed) -> None:
        """Keep a token that is newer than the others about the same, and as much tried."""
        about = [it for it in self.mailed if it.subject == token.subject]
        earlier = max(about, key=lambda it: (it.created, it.id), default=None)
        if earlier and not earlier.over and token.created < earlier.created + TRIES_LAST:
            token.tries = earlier.tries
        for other in self.mailed:
            other.over = other.over or other.subject == token.subject
        self.mailed.append(token)

    def latest(self, purpose: Purpose, address: str) -> Mailed | None:
        """The token that a code is compared with."""
        about = [it for it in self.mailed if (it.purpose, it.address) == (purpose, address)]
        return max(about, key=lambda it: (it.created, it.id), default=None)

    def void(self, person: Person, *purposes: Purpose, after: datetime | None = None) -> None:
        """End what was mailed about `person`."""
        for token in self._of(person):
            if token.purpose in purposes and (after is None or token.created > after):
                token.over = True

    def new_password(self, person: Person, password: str | None) -> None:
        """Whoever holds what was mailed before must not profit."""
        person.password = password
        self.void(person, *TO_GET_IN)

    def refuse(self, person: Person) -> None:
        """Disable."""
        person.sessions.clear()
        if person.active:
            person.active = False
            self.void(person, *Purpose)

    def readdress(self, person: Person, email: str | None) -> None:
        """Whatever was mailed about the former address is of no use."""
        person.email, person.verified = email, email is not None
        self.void(person, *TO_GET_IN)

    def _of(self, person: Person) -> Iterator[Mailed]:
        return (it for it in self.mailed if it.person is person)
