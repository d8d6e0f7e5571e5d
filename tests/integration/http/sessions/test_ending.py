"""SE-03, SE-05, SE-06, RC-06: what is over is over, everywhere, within a second."""

import pytest

from tests.support.api import PASSWORD, Api
from tests.support.builders import an_id
from tests.support.devices import Device, a_device, a_new_device

pytestmark = pytest.mark.anyio

NEW = "another long walk in the rain"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}


async def everything_of(api: Api) -> tuple[Device, Device]:
    """Two sessions of one user."""
    return await a_new_device(api), await a_device(api)


class TestSignOut:
    async def test_se_03_ends_this_session_and_no_other(self, any_api: Api) -> None:
        """SE-03, P44: replayed tokens are refused at once, on each kind of store."""
        device, other = await everything_of(any_api)

        assert (await device.call("DELETE", "/sessions/current")).status_code == 204

        assert await device.is_over()
        assert (await device.call("DELETE", "/sessions/current")).status_code == 401
        assert await other.is_in()

    async def test_se_03_reaches_other_instances_within_a_second(
        self, two_apis: tuple[Api, Api]
    ) -> None:
        """SE-03: also those that have just asked."""
        one, two = two_apis
        device = await a_new_device(one)
        assert await device.is_in(at=two)

        await device.call("DELETE", "/sessions/current")
        one.clock.advance(seconds=1)

        assert await device.is_over(at=one)
        assert await device.is_over(at=two)

    async def test_needs_no_fresh_proof(self, any_api: Api) -> None:
        device = await a_new_device(any_api)
        any_api.clock.advance(minutes=14)

        assert (await device.call("DELETE", "/sessions/current")).status_code == 204

    async def test_has_nothing_to_end_where_a_password_came_along(self, api: Api) -> None:
        """HTTP Basic opens no session."""
        await api.register()

        answer = await api.call("DELETE", "/sessions/current", auth=("alice", PASSWORD))

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestEnd:
    async def test_se_06_ends_one_of_ones_own(self, any_api: Api) -> None:
        """SE-06; twice is as good as once."""
        device, other = await everything_of(any_api)

        for _ in range(2):
            assert (await device.call("DELETE", f"/sessions/{other.id}")).status_code == 204

        assert await other.is_over()
        assert await device.is_in()

    async def test_se_06_ends_nobody_elses(self, any_api: Api) -> None:
        """SE-06, IDOR: another's session looks like none, to an administrator, too."""
        bob = await a_new_device(any_api, "bob")
        administrator = await any_api.administrator()
        alice = await a_new_device(any_api, "alice")
        for headers in (alice.headers, administrator):
            answers = [
                await any_api.call("DELETE", f"/sessions/{one}", headers=headers)
                for one in (bob.id, an_id(), "x", "%00", bob.id.upper(), f"{bob.id} ", "None")
            ]
            assert {it.status_code for it in answers} == {404}
            bodies = [{**it.json(), "request_id": ""} for it in answers]
            assert all(body == bodies[0] for body in bodies)

        assert await bob.is_in()
        await bob.renew()


class TestEndOthers:
    async def test_se_03_ends_all_but_this_one(self, any_api: Api) -> None:
        """SE-03, V7.4.3."""
        device, other = await everything_of(any_api)
        third, bob = await a_device(any_api), await a_new_device(any_api, "bob")

        assert (await device.call("DELETE", "/sessions")).status_code == 204

        assert await other.is_over()
        assert await third.is_over()
        assert await device.is_in()
        await device.renew()
        assert await bob.is_in()

    async def test_se_03_reaches_other_instances_within_a_second(
        self, two_apis: tuple[Api, Api]
    ) -> None:
        one, two = two_apis
        device, other = await everything_of(one)
        assert await other.is_in(at=two)

        await device.call("DELETE", "/sessions")
        one.clock.advance(seconds=1)

        assert await other.is_over(at=two)
        assert await device.is_in(at=two)


class TestPasswordChange:
    async def test_rc_06_ends_every_other_session(self, any_api: Api) -> None:
        """RC-06, P45: access and refresh tokens; this one goes on."""
        device, other = await everything_of(any_api)

        assert (await device.call("PUT", "/users/me/password", json=CHANGE)).status_code == 204

        assert await other.is_over()
        assert await device.is_in()
        await device.renew()

    async def test_rc_06_reaches_other_instances_within_a_second(
        self, two_apis: tuple[Api, Api]
    ) -> None:
        """RC-06: every older credential is refused on both."""
        one, two = two_apis
        device, other = await everything_of(one)
        assert await other.is_in(at=two)

        await device.call("PUT", "/users/me/password", json=CHANGE)
        one.clock.advance(seconds=1)

        for instance in two_apis:
            assert await other.is_over(at=instance)
            body = {"login": "alice", "password": PASSWORD}
            assert (await instance.call("POST", "/sessions", json=body)).status_code == 401
        assert await device.is_in(at=two)

    async def test_that_is_refused_ends_nothing(self, any_api: Api) -> None:
        device, other = await everything_of(any_api)
        wrong = {**CHANGE, "current_password": "not it, and long enough"}

        assert (await device.call("PUT", "/users/me/password", json=wrong)).status_code == 401

        assert await other.is_in()


class TestDisable:
    async def test_se_05_ends_every_kind_of_credential(self, any_api: Api) -> None:
        """SE-05, P43, P46, P52: for good, also when the user is enabled again."""
        user = await any_api.register()
        devices = [await a_device(any_api) for _ in range(3)]

        await any_api.disable(user["id"])
        assert [await it.is_over() for it in devices] == [True] * 3
        await any_api.container.enable_user()(user=user["id"])

        assert [await it.is_over() for it in devices] == [True] * 3
        assert await (await a_device(any_api)).is_in()

    async def test_se_05_reaches_other_instances_within_a_second(
        self, two_apis: tuple[Api, Api]
    ) -> None:
        """SE-05: as `hexkey users disable` in a process of its own."""
        one, two = two_apis
        user = await one.register()
        device = await a_device(one)
        assert await device.is_in(at=one)

        await two.disable(user["id"])
        one.clock.advance(seconds=1)

        assert await device.is_over(at=one)
