"""What `Leases` promises."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.maintenance import Leases
from tests.support.builders import an_id
from tests.support.doubles import START

END = START + timedelta(minutes=1)
TICK = timedelta(milliseconds=1)


class LeasesContract(ABC):
    """Subclass as `TestXxxLeases` and provide the `leases` fixture."""

    @abstractmethod
    def leases(self) -> Leases: ...

    async def test_gives_a_task_to_one_holder_until_the_very_end(self, leases: Leases) -> None:
        ann, bob = an_id(), an_id()

        assert await leases.take("prune", holder=ann, now=START, until=END)
        assert not await leases.take("prune", holder=bob, now=END - TICK, until=END)
        assert await leases.take("prune", holder=bob, now=END, until=END + TICK)
        assert not await leases.take("prune", holder=ann, now=END, until=END)

    async def test_lets_the_holder_keep_it_for_longer(self, leases: Leases) -> None:
        ann, bob = an_id(), an_id()
        await leases.take("prune", holder=ann, now=START, until=END)

        assert await leases.take("prune", holder=ann, now=START, until=END + TICK)
        assert not await leases.take("prune", holder=bob, now=END, until=END + TICK)

    async def test_keeps_tasks_apart(self, leases: Leases) -> None:
        ann, bob = an_id(), an_id()
        await leases.take("prune", holder=ann, now=START, until=END)

        assert await leases.take("rotate", holder=bob, now=START, until=END)

    async def test_takes_it_back_from_its_holder_only(self, leases: Leases) -> None:
        ann, bob = an_id(), an_id()
        await leases.take("prune", holder=ann, now=START, until=END)

        await leases.give_back("prune", holder=bob)
        assert not await leases.take("prune", holder=bob, now=START, until=END)
        await leases.give_back("prune", holder=ann)
        await leases.give_back("prune", holder=ann)
        assert await leases.take("prune", holder=bob, now=START, until=END)

    async def test_ra_02_of_many_at_once_one_gets_it(self, leases: Leases) -> None:
        takes = (leases.take("prune", holder=an_id(), now=START, until=END) for _ in range(20))

        assert (await asyncio.gather(*takes)).count(True) == 1
