"""Failed attempts in Redis: one script, which nobody can come between, is one round trip."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Charge, Failures, Relief, Standing
from hexkey.domain.errors import TemporarilyUnavailable

PREFIX = "hexkey:attempts:"
NETWORK_TIMEOUT = timedelta(milliseconds=500)  # somebody is waiting to be signed in

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# The arithmetic of `Failures`, in milliseconds; numbers stay far below 2^53, where Lua's end.
_CHARGE = """
local now, standings, refused = tonumber(ARGV[1]), {}, false
local function rest(b, n)
  if n <= b.free then return 0 end
  return math.min(b.first * 2 ^ math.min(n - b.free - 1, 32), b.longest)
end
local function wait(b, count, til)
  if b.most > 0 and count >= b.most then return 900000 end
  local w = til - b.ahead - now
  if w > 0 and w < 2 * rest(b, count) then return w end
  return 0
end
for i, key in ipairs(KEYS) do
  local a = 2 + (i - 1) * 7
  local b = {free=tonumber(ARGV[a]), first=tonumber(ARGV[a+1]), longest=tonumber(ARGV[a+2]),
             ahead=tonumber(ARGV[a+3]), most=tonumber(ARGV[a+4]), kept=ARGV[a+6]}
  local found = redis.call('HMGET', key, 'count', 'til')
  local count, til = tonumber(found[1] or 0), tonumber(found[2] or now)
  local w = wait(b, count, til)
  if w > 0 and ARGV[a+5] == '1' then refused = true end
  standings[i] = {count, til, w, 0, b}
end
for i, s in ipairs(standings) do
  local b = s[5]
  s[5] = nil
  if not refused and s[3] == 0 then
    local begin = now
    if s[2] > now and s[2] <= now + b.ahead then begin = s[2] end
    s[1] = s[1] + 1
    s[2] = begin + rest(b, s[1])
    s[4] = 1
    redis.call('HSET', KEYS[i], 'count', string.format('%.0f', s[1]),
               'til', string.format('%.0f', s[2]))
    redis.call('PEXPIREAT', KEYS[i], b.kept)
  end
end
return standings
"""
_RELIEVE = """
for i, key in ipairs(KEYS) do
  local found = redis.call('HMGET', key, 'count', 'til')
  if found[1] then
    local count = math.max(0, tonumber(found[1]) - tonumber(ARGV[2 * i - 1]))
    local til = tonumber(found[2]) - tonumber(ARGV[2 * i])
    redis.call('HSET', key, 'count', string.format('%.0f', count),
               'til', string.format('%.0f', til))
  end
end
return 0
"""


class RedisFailureCounters(FailureCounters):
    """One hash for each key, which Redis forgets by itself; of a Redis that is not a cluster.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connected: _Connected | None = None

    @property
    def _to(self) -> "_Connected":
        if self._connected is None:
            self._connected = _Connected(self._url)
        return self._connected

    async def find(self, key: str) -> Failures | None:
        with self._to.available() as redis:
            count, until = await redis.client.hmget(PREFIX + key, ["count", "til"])
        return None if count is None or until is None else Failures(int(count), _instant(until))

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        arguments: list[int] = [_milliseconds(now)]
        for charge in charges:
            arguments += _budget(charge, now)
        with self._to.available() as redis:
            rows = await redis.charge(keys=_keys(charges), args=arguments)
        return [
            Standing(
                failures=Failures(int(count), _instant(until)),
                wait=int(wait) * _MILLISECOND,
                charged=bool(charged),
            )
            for count, until, wait, charged in rows
        ]

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        arguments = [number for it in reliefs for number in (it.count, it.rest // _MILLISECOND)]
        with self._to.available() as redis:
            await redis.relieve(keys=_keys(reliefs), args=arguments)

    async def close(self) -> None:
        """Let go of the connections; they are made anew when somebody counts again."""
        if self._connected is not None:
            connected, self._connected = self._connected, None
            with suppress(TemporarilyUnavailable), connected.available():
                await connected.client.aclose()


class _Connected:
    """A client and its scripts."""

    def __init__(self, url: str) -> None:
        # Not at the top: only deployments that count this way need the package.
        from redis import RedisError  # noqa: PLC0415
        from redis.asyncio import Redis  # noqa: PLC0415
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415

        seconds = NETWORK_TIMEOUT.total_seconds()
        self._broken = (OSError, TimeoutError, RedisError)
        self.client = Redis.from_url(
            url,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # Once more, at once: a connection that idled may have been closed by the other side.
            retry=Retry(NoBackoff(), 1),
        )
        self.charge = self.client.register_script(_CHARGE)
        self.relieve = self.client.register_script(_RELIEVE)

    @contextmanager
    def available(self) -> Iterator["_Connected"]:
        """Raises: TemporarilyUnavailable: if the server cannot be reached, or is not ready."""
        try:
            yield self
        except self._broken:
            raise TemporarilyUnavailable from None


def _keys(counted: Sequence[Charge] | Sequence[Relief]) -> list[str]:
    return [PREFIX + it.key for it in counted]


def _budget(charge: Charge, now: datetime) -> list[int]:
    budget = charge.budget
    return [
        budget.free,
        budget.first // _MILLISECOND,
        budget.longest // _MILLISECOND,
        budget.ahead // _MILLISECOND,
        budget.most,
        int(charge.binding),
        _milliseconds(budget.kept_until(now=now)),
    ]


def _milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MILLISECOND


def _instant(milliseconds: bytes | str | int) -> datetime:
    return _EPOCH + int(milliseconds) * _MILLISECOND
