"""Time and chance: the only two things the core cannot compute."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC, in whole milliseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since some instant; never goes back, even when `now` is set back."""
        ...


class IdGenerator(Protocol):
    """Names for new things. An id is not a secret (RFC 9562 §8)."""

    def new(self) -> str:
        """A UUIDv7 in canonical lower case: unique, and later ones sort after earlier ones."""
        ...


class SecretGenerator(Protocol):
    """Values nobody can guess, from the operating system's generator."""

    def secret(self) -> str:
        """256 fresh bits, base64url without padding."""
        ...


class Dice(Protocol):
    """Chance that nobody needs to keep secret: it spreads out what would happen all at once."""

    def throw(self) -> float:
        """At least 0 and less than 1, each as likely as any other."""
        ...
