"""What accounts and sessions should be after any sequence of deeds, as simply as can be said."""

from dataclasses import dataclass, field

from hexkey.domain.accounts.user import EmailTaken, LastAdministrator, UsernameTaken
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import InvalidToken, TokenExpired

Refusal = type[HexkeyError]

# Each spelling of a name, and the name that it is.
USERNAMES = {
    "alice": "alice",
    "ALICE": "alice",
    "\uff41lice": "alice",
    "bob": "bob",
    "Bob": "bob",
    "zo\u00eb": "zo\u00eb",
    "ZOE\u0308": "zo\u00eb",
}
EMAILS = {
    "a@example.com": "a@example.com",
    "A@EXAMPLE.com": "a@example.com",
    "a+b@example.com": "a+b@example.com",
    "\u00e9@example.com": "\u00e9@example.com",
    "E\u0301@example.com": "\u00e9@example.com",
}
LOGINS = {**USERNAMES, **EMAILS, "no name at all": "no name at all"}
PASSWORDS = ["correct horse", "battery staple", "caf\u00e9 noir au lait"]
ADDRESSES = ["203.0.113.7", "2001:db8::1"]

_DELAYS = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
_EXPIRES_AFTER = 15 * 60 + 30  # seconds: the lifetime and the skew


@dataclass
class Token:
    """One that was issued, for ever."""

    text: str
    session: SessionId
    issued_at: float
    live: bool = True


@dataclass
class Account:
    """One that was registered, for ever."""

    id: UserId
    username: str | None
    email: str | None
    password: str
    active: bool = True
    is_administrator: bool = False
    full_name: str | None = None
    tokens: list[Token] = field(default_factory=list)
    version: int = 1  # of what proves the owner; guesses at an earlier one are forgotten

    def end_sessions(self, *, keep: SessionId | None = None) -> None:
        for token in self.tokens:
            token.live = token.live and token.session == keep


@dataclass
class AccountModel:
    """The truth about all accounts, at `now` seconds after the beginning."""

    accounts: list[Account] = field(default_factory=list)
    now: float = 0
    _failures: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def known_as(self, login: str) -> Account | None:
        name = LOGINS[login]
        return next((a for a in self.accounts if name in (a.username, a.email)), None)

    def names_taken(
        self, username: str | None, email: str | None, *, by_other_than: Account | None = None
    ) -> set[Refusal]:
        """The refusals any of which would be right; none if the names are free."""
        others = [account for account in self.accounts if account is not by_other_than]
        name = USERNAMES[username] if username is not None else None
        address = EMAILS[email] if email is not None else None
        refusals: set[Refusal] = set()
        if name is not None and any(other.username == name for other in others):
            refusals.add(UsernameTaken)
        if address is not None and any(other.email == address for other in others):
            refusals.add(EmailTaken)
        return refusals

    def guess(
        self, account: Account | None, login: str, password: str, address: str
    ) -> Refusal | None:
        """What comes of somebody's trying `password`; it is counted."""
        tried = f"{account.id} {account.version}" if account is not None else LOGINS[login]
        key = (tried, address)
        count, last = self._failures.get(key, (0, 0.0))
        delay = 900 if count >= len(_DELAYS) else _DELAYS[count]
        if self.now - last < delay:
            return TooManyAttempts
        if account is not None and account.active and account.password == password:
            self._failures.pop(key, None)
            return None
        self._failures[key] = (count + 1, self.now)
        return InvalidCredentials

    def loss_refusal(self, account: Account) -> Refusal | None:
        """Why `account` cannot be taken away; `None` if an administrator is left, or none was."""
        administering = [it for it in self.accounts if it.active and it.is_administrator]
        return LastAdministrator if administering == [account] else None

    def token_refusal(self, token: Token) -> Refusal | None:
        """Why `token` does not resolve; `None` if it does."""
        if self.now - token.issued_at >= _EXPIRES_AFTER:
            return TokenExpired
        return None if token.live else InvalidToken
