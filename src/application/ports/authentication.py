"""Counting failed attempts, and knowing the devices of those who once succeeded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.alerts import Alert
from hexkey.domain.authentication.throttle import Charge, Failures, Relief, Standing


class FailureCounters(Protocol):
    """Failures in a row by key. Every call is a transaction of its own."""

    async def find(self, key: str) -> Failures | None:
        """What stands under `key`; `None` if nothing does."""
        ...

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        """Count an attempt before it is looked at, unless it must not be.

        While a binding counter rests, nothing is counted anywhere, or it is taken back before this
        returns; one that is not binding and rests is left as it is. Concurrent calls wait for one
        another, counter by counter, so that each sees what those before it have counted.

        Returns:
            How each of `charges` stands, in their order.
        """
        ...

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        """Take back what turned out to be no failure; what others counted meanwhile stays."""
        ...


class DeviceTokens(Protocol):
    """Tokens by which a device shows that its owner signed in with it before.

    They prove nothing else: whoever steals one gains guesses, which are counted, and no session.
    """

    def write(self, device: str, user: User) -> str:
        """A token that nobody else can make, for `device` as one of `user`.

        Args:
            device: an id as the `IdGenerator` makes them.
        """
        ...

    def read(self, token: str, user: User) -> str | None:
        """The device, if we wrote `token` for `user` since they have had their password."""
        ...


class Alarm(Protocol):
    """Telling an operator that somebody is attacking."""

    async def sound(self, alert: Alert) -> None:
        """Say it now; a failure to do so is nobody's problem but ours, and raises nothing."""
        ...
