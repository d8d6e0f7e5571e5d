"""Leases in a dict."""

from datetime import datetime

from hexkey.application.ports.maintenance import Leases


class MemoryLeases(Leases):
    """Nothing here waits, so each call is as if it were alone."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, datetime]] = {}

    async def take(self, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
        held = self._held.get(name)
        if held is not None and held[0] != holder and now < held[1]:
            return False
        self._held[name] = (holder, until)
        return True

    async def give_back(self, name: str, *, holder: str) -> None:
        if name in self._held and self._held[name][0] == holder:
            del self._held[name]
