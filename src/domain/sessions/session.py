"""A session: one sign-in, until it ends."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import RefreshChain

FRESH_FOR = timedelta(minutes=5)  # after a proof of identity, sensitive acts need no other
SEEN_EVERY = timedelta(minutes=1)  # how exactly `last_seen_at` is kept, but for short idle times
MAX_USER_AGENT_LENGTH = 512  # code points
MAX_ADDRESS_LENGTH = 45  # of an IPv6 address as text, RFC 4291 §2.2

_NUMBERS = re.compile(r"[0-9][0-9._]*+")


def is_recent(proof: datetime, *, now: datetime, within: timedelta) -> bool:
    """Whether somebody proved who they are less than `within` ago.

    Nor may it be that far ahead: a clock that is set back must not make an old proof last.
    """
    return abs(now - proof) < within


class ReauthenticationRequired(HexkeyError):
    """The act is sensitive, and the last proof of identity is too long ago."""

    code: ClassVar[str] = "reauthentication_required"
    message: ClassVar[str] = "Confirm your password first."


class SessionNotFound(HexkeyError):
    """There is no such session of this user; somebody else's looks the same."""

    code: ClassVar[str] = "not_found"
    message: ClassVar[str] = "There is nothing here."


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """How long sessions may last, and how many a user may have.

    Attributes:
        idle: a session that is not used for so long is over.
        absolute: over in any case, however much it is used (NIST SP 800-63B-4 §2.1.3).
        most: of one user; with one more, the oldest ends.
    """

    idle: timedelta
    absolute: timedelta
    most: int = 100


@dataclass(frozen=True, slots=True)
class Client:
    """What a session was opened from, as its owner may recognize it.

    Attributes:
        user_agent: the header as sent, without what cannot be stored; not to be trusted.
    """

    address: str | None = None
    user_agent: str | None = None

    @classmethod
    def seen_at(cls, address: str | None, user_agent: str | None) -> "Client":
        """Read what a request says of itself; nothing in it can fail the request."""
        agent = "".join(filter(str.isprintable, user_agent or ""))[:MAX_USER_AGENT_LENGTH]
        fits = address is not None and len(address) <= MAX_ADDRESS_LENGTH
        return cls(address=address if fits else None, user_agent=agent or None)

    def is_new_to(self, earlier: Iterable["Session"]) -> bool:
        """Whether none of a user's `earlier` sessions was opened by such a device.

        A device is what its user agent says in words, whatever the numbers: an update makes no
        new one, and a network says little, because people carry their devices about. A first
        session is never new: there is nobody yet whom it could surprise.
        """
        known = {session.client.device for session in earlier}
        return bool(known) and self.device not in known

    @property
    def device(self) -> str:
        """By what sessions of one device are told from those of others."""
        return _NUMBERS.sub("", self.user_agent or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one successful sign-in opened.

    Attributes:
        id: not a secret and not a credential; the `sid` of its tokens.
        authenticated_at: when its user last proved who they are.
        scopes: what its tokens may be used for.
        last_seen_at: when it was last used, exact to `SEEN_EVERY`.
        idle_until: UTC, the first instant at which it is over unless it is used before.
        expires_at: UTC, the first instant at which it is over in any case.
        ended_at: when it was ended by its owner, a password change or an administrator.
        refresh: how far its refresh tokens have got.
    """

    id: SessionId
    user: UserId
    client: Client = Client()
    scopes: frozenset[str] = frozenset()
    created_at: datetime
    authenticated_at: datetime
    last_seen_at: datetime
    idle_until: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    refresh: RefreshChain = RefreshChain()

    @classmethod
    def opened(
        cls,
        *,
        id: SessionId,
        user: UserId,
        policy: SessionPolicy,
        now: datetime,
        client: Client = Client(),
        scopes: frozenset[str] = frozenset(),
    ) -> "Session":
        """A fresh session of `user`."""
        expires_at = now + policy.absolute
        return cls(
            id=id,
            user=user,
            client=client,
            scopes=scopes,
            created_at=now,
            authenticated_at=now,
            last_seen_at=now,
            idle_until=min(now + policy.idle, expires_at),
            expires_at=expires_at,
        )

    def is_live(self, *, now: datetime) -> bool:
        """Whether its tokens are still good."""
        return self.ended_at is None and now < self.idle_until

    def is_due_to_be_seen(self, *, now: datetime) -> bool:
        """Whether `seen` is worth a write.

        After half of a short idle time, or who uses a session all the time could come too late.
        """
        unseen = now - self.last_seen_at
        if unseen >= SEEN_EVERY:
            return True
        return (
            self.idle_until < self.expires_at and 2 * unseen >= self.idle_until - self.last_seen_at
        )

    def seen(self, *, policy: SessionPolicy, now: datetime) -> "Session":
        """This session, used; sliding never passes the absolute end."""
        return replace(self, last_seen_at=now, idle_until=min(now + policy.idle, self.expires_at))

    def refreshed(self, chain: RefreshChain, *, policy: SessionPolicy, now: datetime) -> "Session":
        """This session after a refresh, which is a use."""
        return replace(self.seen(policy=policy, now=now), refresh=chain)

    def reauthenticated(self, *, now: datetime) -> "Session":
        """This session, its user having proved again who they are."""
        return replace(self, authenticated_at=now)

    def ended(self, *, now: datetime) -> "Session":
        """This session, over; the first instant stays."""
        return self if self.ended_at is not None else replace(self, ended_at=now)
