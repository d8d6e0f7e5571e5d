"""RF-03: the n-th database call fails, for every n and every flow."""

from itertools import count

import pytest

from tests.support.api import Api
from tests.support.failpoints import Failpoints
from tests.support.life_flows import FLOWS, Somebody

pytestmark = pytest.mark.anyio

MOST_CALLS = 80  # of one flow; more would be a defect of its own
SUCCESS = range(200, 300)


class TestTheNthDatabaseCall:
    @pytest.mark.parametrize("flow", FLOWS)
    async def test_rf_03_lg_02_undoes_the_whole_deed_when_it_fails(
        self, api: Api, failpoints: Failpoints, flow: str
    ) -> None:
        """RF-03, LG-02: 503 and nothing has changed, or success; and then it can be done again.

        What an application is told is in the same rows: a change without its message, or a message
        without its change, would be a difference.
        """
        for number in count(1):
            who = Somebody(api, f"user-{number}")
            deed = await FLOWS[flow](who)
            await api.delivered()
            before = await failpoints.rows()

            with failpoints.breaking(number):
                status = await deed()

            after = await failpoints.rows()
            if not failpoints.reached:
                assert status in SUCCESS
                break
            if status == 503:
                assert after == before, f"call {number}"
                assert await deed() in SUCCESS, f"call {number}"
                after = await failpoints.rows()
            assert status == 503 or status in SUCCESS, f"call {number}: {status}"
            assert after != before, f"call {number}"  # what only reads leaves an event
            await tidied(api)
        assert 1 < number < MOST_CALLS


async def tidied(api: Api) -> None:
    """Let nothing of this round be due in the next one."""
    api.clock.advance(hours=1)
    await api.container.erase_due()()
    await api.delivered()
