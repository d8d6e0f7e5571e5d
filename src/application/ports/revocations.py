"""What resource servers that verify offline must hear of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.domain.identifiers import SessionId, UserId


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that was ended before its time, at `at`."""

    id: SessionId
    at: datetime


@dataclass(frozen=True, slots=True)
class DisabledUser:
    """A user who is refused, since `at`."""

    id: UserId
    at: datetime


class Revocations(Protocol):
    """Who and what was refused lately, the earliest first; of the same instant, by id.

    Both questions take the place after which to go on, so that a long answer can be read in parts.
    """

    async def ended_sessions(
        self, *, since: datetime, after: SessionId | None = None, limit: int
    ) -> Sequence[EndedSession]:
        """At most `limit` sessions that were ended at `since` or later.

        Args:
            after: leave out those of the very instant `since` whose id is not greater.
        """
        ...

    async def disabled_users(
        self, *, since: datetime, after: UserId | None = None, limit: int
    ) -> Sequence[DisabledUser]:
        """At most `limit` users who are disabled, and were so at `since` or later.

        Args:
            after: as for `ended_sessions`.
        """
        ...
