"""SE-01, LG-03, JW-16: what a thief of the log or of the database does not get; which keys sign."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from hexkey.domain.keys import CLOCK_MARGIN, JWKS_MAX_AGE, SigningAlgorithm
from tests.support.api import Api, an_api
from tests.support.devices import a_device, a_new_device
from tests.support.jose import read

pytestmark = pytest.mark.anyio


class TestRefreshToken:
    async def test_lg_03_is_in_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        """LG-03: at the level that says the most, whatever becomes of the token."""
        caplog.set_level(logging.DEBUG)
        async with an_api(access_log=True) as api:
            device = await a_new_device(api)
            secrets = [device.refresh, device.access]
            spent = await device.renew()
            await device.renew()
            await device.prove("a wrong one, long enough")
            await api.call("POST", "/sessions/refresh", json={"refresh_token": [spent]})
            await api.call("POST", "/sessions/refresh", json={"refresh_tokens": spent})
            await api.call("GET", f"/sessions?refresh_token={spent}")
            api.clock.advance(seconds=11)
            await device.present(spent)
            await device.present(spent[:-1])
            secrets += [device.refresh, device.access, spent]

        # The client of this test writes down what it asked for; it is no part of Hexkey.
        log = " ".join(str(vars(it)) for it in caplog.records if not it.name.startswith("http"))
        assert "/sessions/refresh" in log  # it was listening
        for secret in secrets:
            assert secret[-40:] not in log

    async def test_is_in_no_answer_to_what_is_wrong(self, api: Api) -> None:
        device = await a_new_device(api)

        for body in ({"refresh_token": [device.refresh]}, {device.refresh: 1}, [device.refresh]):
            answer = await api.call("POST", "/sessions/refresh", json=body)
            assert answer.status_code == 422
            assert device.refresh not in answer.text

    async def test_se_01_is_not_in_the_database(self, sqlite_path: Path) -> None:
        """SE-01, TK-01: a dump holds no token, and no key to make one."""
        async with an_api(database_url=f"sqlite:///{sqlite_path}") as api:
            device = await a_new_device(api)
            tokens = [device.refresh, device.access, await device.renew(), device.refresh]
            key = api.container.refresh_tokens()._keys[0]

        dump = b"".join(it.read_bytes() for it in sqlite_path.parent.glob(f"{sqlite_path.name}*"))
        assert device.id.encode() in dump
        for secret in tokens:
            assert secret.encode() not in dump
            assert secret.removeprefix("hxk_rt_")[-20:].encode() not in dump
        assert key not in dump
        assert key.hex().encode() not in dump

    async def test_se_01_holds_256_secret_bits(self, api: Api) -> None:
        """SE-01: no two alike, and half of the bits differ between neighbors."""
        await api.register()
        tokens = [(await a_device(api)).refresh for _ in range(50)]

        assert len(set(tokens)) == 50
        assert all(it.startswith("hxk_rt_") and len(it) == 83 for it in tokens)
        assert len({it[-49:] for it in tokens}) == 50  # the 256 bits and the checksum


class TestKeyRotation:
    async def test_jw_16_is_announced_signs_and_forgets_nobody(self, api: Api) -> None:
        """JW-16: each key is public for twice the age of a cached JWKS before it signs."""

        async def published() -> set[str]:
            keys = (await api.call("GET", "/.well-known/jwks.json")).json()["keys"]
            return {key["kid"] for key in keys}

        async def moved_on(**time: float) -> None:
            api.clock.advance(**time)
            await api.container.rotate_keys_when_due()()

        device = await a_new_device(api)
        (first,) = await published()
        await api.container.rotate_key()(algorithm=SigningAlgorithm.ES256, at_once=False)
        await api.container.reload_keys()()
        (second,) = await published() - {first}
        await moved_on(seconds=(2 * JWKS_MAX_AGE - timedelta(seconds=1)).total_seconds())
        await device.renew()
        assert read(device.access)[0]["kid"] == first

        await moved_on(seconds=CLOCK_MARGIN.total_seconds() - 60)
        await device.renew()
        still_good = device.access
        await moved_on(seconds=61)
        await device.renew()

        assert read(device.access)[0]["kid"] == second
        assert await published() == {first, second}
        assert (await api.me({"Authorization": f"Bearer {still_good}"})).status_code == 200
        await moved_on(seconds=(CLOCK_MARGIN + timedelta(minutes=16)).total_seconds())
        assert await published() == {second}
        assert (await device.present()).status_code == 200
