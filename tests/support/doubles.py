"""Stand-ins for time, chance and slow work, so that tests are exact and quick."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from hexkey.application.ports.passwords import (
    BreachedPasswords,
    CommonPasswords,
    PasswordHasher,
)
from hexkey.application.ports.system import Clock, Dice, IdGenerator, SecretGenerator
from hexkey.domain.accounts.password import (
    HashingOverloaded,
    Password,
    PasswordHash,
    PasswordScheme,
    scheme_of,
)

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FrozenClock(Clock):
    """Time that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, **by: float) -> None:
        """Let time pass; a negative time sets only the wall clock back."""
        step = timedelta(**by)
        self.at += step
        self._elapsed += max(step.total_seconds(), 0.0)


class CountingIds(IdGenerator):
    """`00000000-0000-7000-8000-000000000001`, and so on."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def new(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._numbers):012x}"


class CountingSecrets(SecretGenerator):
    """`secret-1`, and so on."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def secret(self) -> str:
        return f"secret-{next(self._numbers)}"


class LoadedDice(Dice):
    """Always falls the same way."""

    def __init__(self, falls: float = 0.5) -> None:
        self.falls = falls

    def throw(self) -> float:
        return self.falls


TODAYS = PasswordScheme("$bcrypt-sha256$v=2,t=2b,r=12$")
OLDER = PasswordScheme("$bcrypt-sha256$v=2,t=2b,r=10$")
FOREIGN = PasswordScheme("$2b$12$")
ARGON2 = PasswordScheme("$argon2id$v=19$m=47104,t=1,p=1$")
UNBEARABLE = PasswordScheme("$2b$31$")  # has the shape of a scheme, and no hasher verifies it


class QuickHasher(PasswordHasher):
    """Hashes that look like real ones and cost nothing; it keeps the books of what they would cost.

    Args:
        scheme: of new hashes.
        knows: what else it can verify.

    Attributes:
        spent: the scheme of each verification, in order.
        hashed: how many hashes were made.
        room: calls until the queue is full; `None` for a queue without end.
        meanwhile: done once, while the next call waits for its turn.
    """

    def __init__(
        self,
        scheme: PasswordScheme = TODAYS,
        *,
        knows: frozenset[PasswordScheme] = frozenset((TODAYS, OLDER, FOREIGN, ARGON2)),
    ) -> None:
        self._scheme = scheme
        self._knows = knows | {scheme}
        self._salts = count(1)
        self.spent: list[PasswordScheme] = []
        self.hashed = 0
        self.room: int | None = None
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    @property
    def scheme(self) -> PasswordScheme:
        return self._scheme

    async def hash(self, password: Password) -> PasswordHash:
        await self._turn()
        self.hashed += 1
        return self.hash_under(self._scheme, password)

    async def verify(self, password: Password, hashed: PasswordHash) -> bool:
        scheme = self.scheme_of(hashed)
        if scheme is None:
            return False
        await self._turn()
        self.spent.append(scheme)
        salt = hashed.removeprefix(scheme)[:22]
        return bool(password.text) and hashed == _encoded(scheme, salt, password)

    def scheme_of(self, hashed: PasswordHash) -> PasswordScheme | None:
        scheme = scheme_of(hashed)
        return scheme if scheme in self._knows else None

    def decoy(self, scheme: PasswordScheme) -> PasswordHash:
        if scheme not in self._knows:
            raise ValueError("nobody can verify this scheme")
        return self.hash_under(scheme, Password("\0nobody types this"))

    def hash_under(self, scheme: PasswordScheme, password: Password) -> PasswordHash:
        """A hash as an earlier configuration, or other software, would have stored it."""
        return _encoded(scheme, f"{next(self._salts):022d}", password)

    async def _turn(self) -> None:
        if self.room is not None:
            if self.room == 0:
                raise HashingOverloaded
            self.room -= 1
        await asyncio.sleep(0)  # others may run, as they do while a real hasher works
        if self.meanwhile is not None:
            deed, self.meanwhile = self.meanwhile, None
            await deed()


def _encoded(scheme: PasswordScheme, salt: str, password: Password) -> PasswordHash:
    salted = (salt + password.text).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(salted).hexdigest()[:31]
    return PasswordHash(f"{scheme}{salt}{'' if scheme == FOREIGN else '$'}{digest}")


class FewBreachedPasswords(BreachedPasswords):
    """Knows one."""

    async def contains(self, password: Password) -> bool:
        return password.text == "lost with a million others"


class FewCommonPasswords(CommonPasswords):
    """Knows two."""

    def contains(self, password: Password) -> bool:
        return password.text.casefold() in ("password1", "iloveyou2026")
