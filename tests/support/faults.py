"""Memory adapters that fail when they are told to, as a database does when its disk is full."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from hexkey.adapters.memory.directories import MemoryUserDirectory
from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.adapters.memory.store import MemoryStore, MemoryTransaction
from hexkey.domain.accounts.password import PasswordScheme
from hexkey.domain.authentication.rules import Rule
from hexkey.domain.authentication.throttle import Charge, Failures, Relief, Standing
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SealedKey, SigningKey


class _Uncommittable(MemoryTransaction):
    async def commit(self) -> None:
        raise TemporarilyUnavailable


class FaultyStore(MemoryStore):
    """Can be read; while `writable` is false no commit succeeds.

    Attributes:
        before_next: done once, before the next transaction begins.
    """

    writable = True
    before_next: Callable[[], Awaitable[object]] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryTransaction]:
        if self.before_next is not None:
            deed, self.before_next = self.before_next, None
            await deed()
        async with super().begin() as transaction:
            yield transaction if self.writable else _Uncommittable(self.committed)


class FaultyFailureCounters(MemoryFailureCounters):
    """Counts while `writable`."""

    writable = True

    async def find(self, key: str) -> Failures | None:
        _available(self.writable)
        return await super().find(key)

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        await asyncio.sleep(0)
        _available(self.writable)
        return await super().charge(charges, now=now)

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        _available(self.writable)
        await super().relieve(reliefs)

    async def break_down(self) -> None:
        """Count no more."""
        self.writable = False

    def total(self, rule: Rule = Rule.ACCOUNT) -> int:
        """All failures counted by a rule."""
        keys = [key for key in self._kept if key.startswith(f"{rule}|")]
        return sum(self._kept[key].failures.count for key in keys)


class FaultyUserDirectory(MemoryUserDirectory):
    """Fails while `readable` is false; answers about schemes only once `may_answer` is set."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.readable = True
        self.asked_for_schemes = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def password_schemes(self) -> frozenset[PasswordScheme]:
        self.asked_for_schemes += 1
        await self.may_answer.wait()
        _available(self.readable)
        return await super().password_schemes()


class FaultySigningKeyStore(MemorySigningKeyStore):
    """Fails while `readable` is false; answers once `may_answer` is set.

    Attributes:
        next_answer: given once, as if it had been read before others came.
    """

    def __init__(self) -> None:
        super().__init__()
        self.next_answer: Sequence[SigningKey] | None = None
        self.readable = True
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def all(self) -> Sequence[SigningKey]:
        self.reads += 1
        await self.may_answer.wait()
        _available(self.readable)
        if self.next_answer is not None:
            answer, self.next_answer = self.next_answer, None
            return answer
        return await super().all()

    async def spoil(self) -> None:
        """Keep a key that nobody can unseal."""
        [*_, key] = await super().all()
        unknown = replace(key, id=KeyId("x" * 43), state=KeyState.VERIFYING)
        await self.add(replace(unknown, sealed_private_key=SealedKey(b"spoiled")))


def _available(available: bool) -> None:
    if not available:
        raise TemporarilyUnavailable
