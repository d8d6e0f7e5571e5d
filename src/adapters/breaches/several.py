"""Several collections as one."""

from collections.abc import Sequence

from hexkey.application.ports.passwords import BreachedPasswords, BreachesUnanswered
from hexkey.domain.accounts.password import Password


class SeveralBreaches(BreachedPasswords):
    """Known is what any of them knows; none of them knows nothing.

    One that does not answer keeps no other from being asked.

    Args:
        collections: asked in this order, so that the nearest comes first.
    """

    def __init__(self, *collections: BreachedPasswords) -> None:
        self._collections = collections

    @property
    def collections(self) -> Sequence[BreachedPasswords]:
        """Which ones are asked."""
        return self._collections

    async def contains(self, password: Password) -> bool:
        unanswered: BreachesUnanswered | None = None
        for collection in self._collections:
            try:
                if await collection.contains(password):
                    return True
            except BreachesUnanswered as error:
                unanswered = error
        if unanswered is not None:
            raise unanswered
        return False
