"""Wrong guesses that the store could not take down."""

from dataclasses import dataclass, field

from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(slots=True, kw_only=True)
class UncountedGuesses:
    """Sees to it that no guess is free while the store can be read and not written.

    A full disk would otherwise let everybody guess as often as they like, and tell a wrong
    password (which must be counted) from a right one (which need not). There is one of these for
    each process, and its memory is short: while a guess is owed, no other is looked at.
    """

    failures: FailureCounters
    clock: Clock
    _owed: list[str] = field(default_factory=list, init=False)

    async def settle(self) -> None:
        """Count what is owed; call it before a guess is looked at.

        Raises:
            TemporarilyUnavailable: if that is still impossible.
        """
        for counter in tuple(self._owed):
            await self.failures.record(counter, now=self.clock.now())
            # Others may settle it at the same time; to count it twice does no harm.
            if counter in self._owed:
                self._owed.remove(counter)

    async def count(self, counter: str) -> None:
        """Count a wrong guess, now or before the next one.

        Raises:
            TemporarilyUnavailable: if it could not be counted now.
        """
        try:
            await self.failures.record(counter, now=self.clock.now())
        except TemporarilyUnavailable:
            self._owed.append(counter)
            raise
