"""A Hexkey elsewhere, as an application sees it that verifies its tokens."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


class IssuerUnreachable(Exception):
    """There was no answer in time, or none that can be used; the message says which."""


@dataclass(frozen=True, slots=True)
class Published:
    """What the issuer shows to everybody, unverified.

    Attributes:
        tag: by which this version may be asked about.
        max_age: how long it need not be asked for again; `None` if the issuer did not say.
    """

    text: str = field(repr=False)  # long
    tag: str | None = None
    max_age: timedelta | None = None


class Issuer(Protocol):
    """Where public keys and the list of revocations come from. Follows no redirect."""

    async def keys(self) -> Published:
        """The public keys.

        Raises:
            IssuerUnreachable: also if the answer is too long, or trickles in too slowly.
        """
        ...

    async def revocations(self, *, known: str | None, wait: timedelta) -> Published | None:
        """The list of revocations; `None` if it is still the one whose tag is `known`.

        Args:
            wait: how long the issuer may wait for the list to change before it says so.

        Raises:
            IssuerUnreachable: as for `keys`.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class IssuerKeyRing(Protocol):
    """The keys by which an issuer's tokens are believed."""

    def load(self, text: str) -> None:
        """Believe exactly the keys of this JWK set from now on.

        Raises:
            UnusableKey: if it is none, or holds anything that should not be there; the keys are
                unchanged.
        """
        ...
