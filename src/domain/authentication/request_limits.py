"""How often one network may ask, whatever for: a bound on work, not on guesses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from hexkey.domain.authentication.networks import network_of
from hexkey.domain.authentication.throttle import Budget, Charge, Standing

WINDOW = timedelta(minutes=1)
_MILLISECOND = timedelta(milliseconds=1)


class RequestKind(StrEnum):
    """Classes of requests that share a bound; the values are public: headers name them."""

    SIGN_IN = "sign-in"  # whatever compares a password
    REFRESH = "refresh"
    ANONYMOUS_WRITE = "anonymous-write"  # registering, asking for mail, using what was mailed
    ADMIN = "admin"
    OTHER = "other"  # reading, and writing to what is one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left to a network.

    Attributes:
        limit: requests at once, and then in each `WINDOW`.
        remaining: requests that may come now.
        reset: until all of them may.
        wait: until this one may; nothing if it did.
    """

    kind: RequestKind
    limit: int
    remaining: int
    reset: timedelta
    wait: timedelta


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """Requests a minute that each network may make, by kind; a kind that is missing has no bound.

    A network that has used up its minute gets on at the pace of the limit, and not at nothing for
    the rest of the minute, so clients do not come back all at once.
    """

    per_minute: Mapping[RequestKind, int] = field(default_factory=dict)

    def charge(self, kind: RequestKind, address: str | None) -> Charge | None:
        """The counter of a request; `None` if nobody counts."""
        limit = self.per_minute.get(kind, 0)
        if not limit:
            return None
        pace = WINDOW // _MILLISECOND // limit * _MILLISECOND
        budget = Budget(first=pace, longest=pace, ahead=pace * (limit - 1), kept=2 * WINDOW)
        return Charge(key=f"requests|{kind}|{network_of(address)}", budget=budget)

    def allowance(self, kind: RequestKind, standing: Standing, *, debt: timedelta) -> Allowance:
        """What `standing` means to the client.

        Args:
            debt: how far ahead the counter rests.
        """
        limit = self.per_minute[kind]
        pace = WINDOW // _MILLISECOND // limit * _MILLISECOND
        left = 0 if standing.wait else max(0, (pace * limit - debt) // pace)
        return Allowance(kind=kind, limit=limit, remaining=left, reset=debt, wait=standing.wait)
