"""RL-06, RL-07: what a header says of an address is believed of a proxy only, and never needed."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Answer, Api, an_api

pytestmark = pytest.mark.anyio

WRONG = "a wrong walk in the rain"
ADDRESS_OF_TESTS = "127.0.0.1"
UNPARSABLE = [
    *("", " ", "a", ",", ",,,", "999.1.1.1", "1.2.3", "1.2.3.4.5", "0x7f.1", "1.2.3.4/24", "::g"),
    *("[::1", "unknown", "_hidden", "localhost", "-1", "1.2.3.4:99999999", "\t", "%00", "' OR 1=1"),
    *("x" * 10_000, ",".join(["x"] * 1000)),
]


async def guess(api: Api, **headers: str) -> Answer:
    body = {"login": "alice", "password": WRONG}
    return await api.call("POST", "/sessions", json=body, headers=headers)


@pytest.fixture
async def behind_proxy() -> AsyncIterator[Api]:
    async with an_api(trusted_proxies=ADDRESS_OF_TESTS) as api:
        await api.register("alice")
        yield api


@pytest.fixture
async def alone() -> AsyncIterator[Api]:
    async with an_api() as api:
        await api.register("alice")
        yield api


class TestUnparsable:
    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
    @pytest.mark.parametrize("junk", UNPARSABLE, ids=lambda it: it[:20])
    async def test_rl_07_address_skips_no_policy(
        self, behind_proxy: Api, junk: str, header: str
    ) -> None:
        """RL-07, LG-08, P81: the policy of passwords and the throttle hold as without it."""
        weak = {"username": "bob", "password": "password1"}
        refused = await behind_proxy.call("POST", "/users", json=weak, headers={header: junk})
        statuses = [(await guess(behind_proxy, **{header: junk})).status_code for _ in range(7)]

        assert (refused.status_code, refused.json()["code"]) == (422, "password_common")
        assert statuses == [401] * 5 + [429] * 2

    async def test_rl_07_addresses_count_as_none(self, behind_proxy: Api) -> None:
        """RL-07: another spelling of nothing starts no new count."""
        statuses = [
            (await guess(behind_proxy, **{"X-Forwarded-For": junk})).status_code
            for junk in ("a", "999.1.1.1", "unknown", "", ",", "x" * 100, "[::1")
        ]

        assert statuses == [401] * 5 + [429] * 2


class TestForwarded:
    @pytest.mark.parametrize(
        "name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"]
    )
    async def test_rl_06_by_somebody_means_nothing(self, alone: Api, name: str) -> None:
        """RL-06, P79, P80: 100 requests with another address each are 100 of one address."""
        prefix = "for=" if name == "Forwarded" else ""

        statuses = [
            (await guess(alone, **{name: f"{prefix}6.6.{number}.6"})).status_code
            for number in range(100)
        ]

        assert statuses == [401] * 5 + [429] * 95

    async def test_rl_06_by_the_proxy_is_read_from_the_right(self, behind_proxy: Api) -> None:
        """RL-06, P80: what stands to the left was sent by whoever asks."""
        statuses = [
            (await guess(behind_proxy, **{"X-Forwarded-For": f"6.6.{n}.6, 7.7.7.7"})).status_code
            for n in range(7)
        ]
        other = await guess(behind_proxy, **{"X-Forwarded-For": "7.7.7.7, 8.8.8.8"})

        assert statuses == [401] * 5 + [429] * 2
        assert other.status_code == 401
