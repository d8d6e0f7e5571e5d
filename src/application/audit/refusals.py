"""Writing down refusals, and looks at others' data: what changes nothing has no transaction.

They are collected, and written together within a second: a refusal costs no commit of its own,
and whoever guesses a thousand times a second costs the database one commit. Who is refused for
asking too often has not got as far as a guess, and can go on at no cost: that is written down once
a minute for each network and limit, or the limit would fill the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.audit.context import current_request
from hexkey.application.audit.recording import Audit
from hexkey.application.audit.repeats import Repeats
from hexkey.application.ports.audit import AuditArchive
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditEvent, AuditType, Outcome
from hexkey.domain.authentication.networks import network_of
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable

WRITE_EVERY = timedelta(seconds=0.5)
MOST_WAITING = 1000  # of one process; what is beyond is counted, and the number written down

# By code, because refusals are defined in layers that this one does not know.
_TYPES: Mapping[str, AuditType] = {
    "invalid_credentials": AuditType.SIGN_IN_REFUSED,
    "too_many_attempts": AuditType.SIGN_IN_THROTTLED,
    "invalid_refresh_token": AuditType.REFRESH_REFUSED,
    "refresh_token_reused": AuditType.REFRESH_REFUSED,
    "too_many_refreshes": AuditType.REFRESH_REFUSED,
    "invalid_or_expired_token": AuditType.ONE_TIME_TOKEN_REFUSED,
    "forbidden": AuditType.ACCESS_REFUSED,
    "erasure_ordered": AuditType.ACCESS_REFUSED,
    "reauthentication_required": AuditType.ACCESS_REFUSED,
    "account_leaving": AuditType.ACCESS_REFUSED,
    "internal_error": AuditType.REQUEST_FAILED,
}
# Everybody on the network can cause these at no cost, and nobody was let in or kept out by them.
_UNREMARKABLE = frozenset(
    [
        *("not_found", "method_not_allowed", "not_authenticated", "invalid_token"),
        *("validation_error", "malformed_request", "headers_too_large", "content_too_large"),
        *("host_not_allowed", "invalid_cursor", "unsupported_media_type", "token_expired"),
    ]
)
_IN_FLOODS = "too_many_requests"


@dataclass(slots=True, kw_only=True)
class Refusals:
    """What this process has refused, or let be looked at, and not written down yet."""

    archive: AuditArchive
    audit: Audit
    clock: Clock
    _waiting: list[AuditEvent] = field(default_factory=list, init=False)
    _dropped: int = field(default=0, init=False)
    _repeats: Repeats = field(default_factory=Repeats, init=False)

    def note(self, error: HexkeyError) -> None:
        """Take down that the request being served was refused with `error`, and why."""
        if error.code in _UNREMARKABLE:
            return
        if error.code == _IN_FLOODS:
            self._one_of_many(error)
            return
        failed = isinstance(error, TemporarilyUnavailable) or error.code == "internal_error"
        kind = _TYPES.get(error.code, AuditType.REQUEST_REFUSED)
        outcome = Outcome.FAILED if failed else Outcome.REFUSED
        self._add(kind, outcome, reason=error.code)

    def _one_of_many(self, error: HexkeyError) -> None:
        limit = str(getattr(error, "kind", ""))
        source = f"{limit}|{network_of(current_request().address)}"
        left_out = self._repeats.left_out(source, at=self.clock.monotonic())
        if left_out is not None:
            details = {"limit": limit, "left_out": str(left_out)}
            self._add(
                AuditType.REQUEST_REFUSED, Outcome.REFUSED, reason=error.code, details=details
            )

    def missed(self, kind: AuditType, *, reason: str) -> None:
        """Take down that the request being served goes on without something that failed.

        Args:
            reason: a stable word.
        """
        self._add(kind, Outcome.FAILED, reason=reason)

    def looked(self, path: str) -> None:
        """Take down that whoever makes this request reads, as an administrator, what is there."""
        self._add(AuditType.ADMIN_READ, Outcome.DONE, details={"path": path})

    def later(self, event: AuditEvent) -> None:
        """Take down what could not be written when it happened."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
        else:
            self._waiting.append(event)

    def _add(
        self,
        kind: AuditType,
        outcome: Outcome,
        *,
        reason: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        at = self.clock.now()
        self.later(self.audit.event(kind, at=at, outcome=outcome, reason=reason, details=details))

    async def write(self) -> None:
        """Write down what is waiting.

        Raises:
            TemporarilyUnavailable: if the store is away; it goes on waiting.
        """
        events, dropped = self._waiting, self._dropped
        self._waiting, self._dropped = [], 0
        told = [*events, self._of_dropped(dropped)] if dropped else events
        if not told:
            return
        try:
            await self.archive.add(told)
        except BaseException:
            self._put_back(events, dropped)
            raise

    def _put_back(self, events: list[AuditEvent], dropped: int) -> None:
        """They could not be written; what came meanwhile is behind them, if there is room."""
        waiting = [*events, *self._waiting]
        self._waiting = waiting[:MOST_WAITING]
        self._dropped += dropped + len(waiting) - len(self._waiting)

    def _of_dropped(self, dropped: int) -> AuditEvent:
        return self.audit.event(
            AuditType.REFUSALS_DROPPED, at=self.clock.now(), details={"events": str(dropped)}
        )
