"""RF-19: what an operator does to the keys reaches every process within about a second."""

from collections.abc import AsyncIterator

import pytest

from hexkey.domain.keys import SigningAlgorithm
from tests.support.api import Api, an_api
from tests.support.devices import Device, a_device, a_new_device
from tests.support.doubles import FrozenClock
from tests.support.faults_http import eventually
from tests.support.jose import read

pytestmark = pytest.mark.anyio

SOON = 5.0  # seconds; far below the half minute of `KEYS_EVERY`, and never too short for a test


@pytest.fixture
async def apis(database_url: str) -> AsyncIterator[tuple[Api, Api]]:
    clock = FrozenClock()
    async with (
        an_api(clock, database_url=database_url) as here,
        an_api(clock, database_url=database_url) as there,
    ):
        yield here, there


def kid_of(device: Device) -> str:
    return str(read(device.access)[0]["kid"])


class TestAnEmergency:
    async def test_rf_19_reaches_another_process_within_a_second_or_so(
        self, apis: tuple[Api, Api]
    ) -> None:
        """RF-19: a fresh key signs there, and then the leaked one is believed nowhere."""
        here, there = apis
        leaked = await a_new_device(here)
        new = await here.container.rotate_key()(algorithm=SigningAlgorithm.ES256, at_once=True)

        async def signs_there() -> bool:
            return kid_of(await a_device(there)) == new.id

        await eventually(signs_there, within=SOON)
        assert await leaked.is_in(at=there)
        (old,) = [it for it in await here.container.signing_keys().all() if it.id != new.id]
        await here.container.retire_key()(id=old.id)

        async def is_refused_there() -> bool:
            return not await leaked.is_in(at=there)

        await eventually(is_refused_there, within=SOON)
        assert (await leaked.present(at=there)).status_code == 200
