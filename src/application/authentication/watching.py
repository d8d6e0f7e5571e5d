"""Noticing attacks in what is counted anyway."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.audit import AuditArchive
from hexkey.application.ports.authentication import Alarm
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.alerts import AGAIN_AFTER, Alert, AlertKind, Outbreak
from hexkey.domain.authentication.networks import network_of
from hexkey.domain.authentication.rules import Attempted, Rule, ThrottlePolicy
from hexkey.domain.authentication.throttle import Charge, Standing
from hexkey.domain.errors import TemporarilyUnavailable

ACCOUNT_MARKS = (20, 50, 100)  # failures in a row that an operator hears of
_MOST_REMEMBERED = 1000  # alerts; the oldest may be sounded again


@dataclass(slots=True, kw_only=True)
class WatchFailures:
    """Sound the alarm, once in a while for each attack; there is one of these in each process."""

    alarm: Alarm
    archive: AuditArchive
    audit: Audit
    policy: ThrottlePolicy
    clock: Clock
    outbreak: Outbreak = field(default_factory=Outbreak)
    _sounded: dict[tuple[AlertKind, str], datetime] = field(default_factory=dict, init=False)

    async def failed(
        self,
        attempted: Attempted,
        charges: Mapping[Rule, Charge],
        standings: Mapping[Rule, Standing],
    ) -> None:
        """See whether a failure makes an attack of those before it."""
        now = self.clock.now()
        everywhere = self.outbreak.failed(now=now)
        if everywhere is not None:
            await self._sound(AlertKind.OUTBREAK, "", everywhere, now)
        total, network = standings.get(Rule.TOTAL), standings.get(Rule.NETWORK)
        if total is not None and total.failures.count in ACCOUNT_MARKS:
            subject = f"{attempted.account} {total.failures.count}"
            await self._sound(AlertKind.ACCOUNT, subject, total.failures.count, now)
        if network is not None and network.failures.wait(charges[Rule.NETWORK].budget, now=now):
            subject = network_of(attempted.address)
            await self._sound(AlertKind.NETWORK, subject, network.failures.count, now)

    async def let_through(self, attempted: Attempted, standings: Mapping[Rule, Standing]) -> None:
        """Report who would have been refused by rules that only report."""
        for rule, standing in standings.items():
            if standing.wait and self.policy.only_reports(rule, attempted):
                told, count = attempted.told(rule), standing.failures.count
                await self._sound(AlertKind.WOULD_REFUSE, told, count, self.clock.now())

    async def _sound(self, kind: AlertKind, subject: str, failures: int, now: datetime) -> None:
        last = self._sounded.pop((kind, subject), None)
        due = last is None or abs(now - last) >= AGAIN_AFTER
        self._sounded[kind, subject] = now if last is None or due else last
        if len(self._sounded) > _MOST_REMEMBERED:
            del self._sounded[next(iter(self._sounded))]
        if due:
            alert = Alert(kind=kind, subject=subject, failures=failures, at=now)
            await self.alarm.sound(alert)
            await self._write_down(alert)

    async def _write_down(self, alert: Alert) -> None:
        details = {
            "kind": alert.kind.value,
            "subject": alert.subject,
            "failures": str(alert.failures),
        }
        event = self.audit.event(AuditType.SPRAYING_SUSPECTED, at=alert.at, details=details)
        with suppress(TemporarilyUnavailable):  # it was sounded, and the caller has no part in it
            await self.archive.add([event])
