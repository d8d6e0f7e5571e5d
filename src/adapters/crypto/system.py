"""The only real clock and the only real dice; everything else asks one of these."""

import secrets
import threading
import time
from datetime import UTC, datetime

from hexkey.application.ports.system import Clock, Dice, IdGenerator, SecretGenerator

_COUNTER_BITS = 12
_RANDOM_BITS = 62
_FLOAT_BITS = 53
_VERSION = 7 << 76  # RFC 9562 §4.2
_VARIANT = 0b10 << 62  # RFC 9562 §4.1


def random_octets(count: int) -> bytes:
    """`count` octets from the operating system's generator."""
    return secrets.token_bytes(count)


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        instant = datetime.now(UTC)
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def monotonic(self) -> float:
        return time.monotonic()


class SystemIds(IdGenerator):
    """UUIDv7 with a counter in `rand_a`, so that ids of one millisecond keep their order.

    The counter starts anywhere in the lower half of its range (RFC 9562 §6.2, method 1). When it
    runs over, or the clock goes back, the time in the id runs ahead of the clock instead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0

    def new(self) -> str:
        milliseconds = time.time_ns() // 1_000_000
        fresh = milliseconds << _COUNTER_BITS | secrets.randbits(_COUNTER_BITS - 1)
        with self._lock:
            self._latest = max(fresh, self._latest + 1)
            latest = self._latest
        return _uuid7(latest, secrets.randbits(_RANDOM_BITS))


class SystemSecrets(SecretGenerator):
    """The operating system's generator."""

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


class SystemDice(Dice):
    """53 bits of the operating system's generator."""

    def throw(self) -> float:
        return secrets.randbits(_FLOAT_BITS) / (1 << _FLOAT_BITS)


def _uuid7(time_and_counter: int, random_tail: int) -> str:
    milliseconds, counter = divmod(time_and_counter, 1 << _COUNTER_BITS)
    digits = f"{milliseconds << 80 | _VERSION | counter << 64 | _VARIANT | random_tail:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
