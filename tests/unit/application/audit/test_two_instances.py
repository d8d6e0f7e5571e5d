"""LG-09: several instances link at the same time."""

from collections.abc import Sequence

import pytest

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.application.audit.verifying import VerifyAuditTrail
from hexkey.domain.audit.chain import ChainHead
from hexkey.domain.audit.event import AuditEvent
from tests.support.audits import SEALER, an_event
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio


class Hurried(MemoryAuditChain):
    """Another instance links everything as soon as this one asks for something, or has seen it."""

    moment = "never"

    async def head(self) -> ChainHead | None:
        await self._hurry("before the head")
        found = await super().head()
        await self._hurry("after the head")
        return found

    async def unsealed(self, *, limit: int) -> Sequence[AuditEvent]:
        await self._hurry("before the events")
        found = await super().unsealed(limit=limit)
        await self._hurry("after the events")
        return found

    async def _hurry(self, moment: str) -> None:
        if moment == self.moment:
            self.moment = "never"
            await SealAuditTrail(chain=self, sealer=SEALER, clock=FrozenClock())()


class TestTwoInstances:
    @pytest.mark.parametrize("what", ["head", "events"])
    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_lg_09_give_no_event_two_places(self, when: str, what: str) -> None:
        """LG-09: whatever the other one does between any two steps."""
        store = MemoryStore()
        chain, archive = Hurried(store), MemoryAuditArchive(store)
        seal = SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())
        await archive.add([an_event() for _ in range(3)])
        await seal()
        await archive.add([an_event() for _ in range(2)])

        chain.moment = f"{when} the {what}"
        assert await seal() == 0

        verification = await VerifyAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())()
        assert verification.holds
        assert verification.checked == 5
