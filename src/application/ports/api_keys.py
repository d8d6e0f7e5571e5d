"""API keys: where they are kept, who is behind one, and what they are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import ApiKeyId, UserId
from hexkey.domain.sessions.api_key import ApiKey, KeyKind


class ApiKeys(Protocol):
    """The API keys, inside one transaction."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def of_owner(self, owner: UserId) -> Sequence[ApiKey]:
        """Every key of `owner` that is kept, the latest first."""
        ...

    async def remove(self, id: ApiKeyId, *, owner: UserId) -> bool:
        """Forget that key of `owner`; whether there was one."""
        ...


@dataclass(frozen=True, slots=True)
class KeyAndOwner:
    """A key together with its owner, both as committed at one instant."""

    key: ApiKey
    owner: User


class ApiKeyDirectory(Protocol):
    """Who is behind a key: asked at every request, and never remembered."""

    async def find(self, digest: str) -> KeyAndOwner | None:
        """The key with this digest, and its owner."""
        ...

    async def record_use(self, used: Mapping[ApiKeyId, datetime]) -> None:
        """Store when keys were last used, for many at a time; never an earlier instant.

        Raises:
            TemporarilyUnavailable: if the store is away; nothing was stored.
        """
        ...

    async def forget_expired(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` keys that expired before `before`, and say how many there were.

        Those without an end stay.
        """
        ...


class ApiKeySecrets(Protocol):
    """Makes keys, and knows them by their digest."""

    def make(self, kind: KeyKind) -> str:
        """A fresh key: 256 bits and a checksum, `hxk_pat_…` or `hxk_key_…` by its kind."""
        ...

    def digest(self, text: str) -> str | None:
        """What is stored of a key; `None` for what is none, without a look at any store."""
        ...
