"""AZ-09: what is off is off at the server, wherever it is asked for."""

from typing import Any

import pytest

from tests.support.api import an_api

pytestmark = pytest.mark.anyio


class TestSwitches:
    @pytest.mark.parametrize("mode", ["closed", "invited"])
    async def test_az_09_keep_strangers_from_signing_up(self, mode: str) -> None:
        """AZ-09, P106: not only a button is missing."""
        new: dict[str, Any] = {"username": "mallory", "password": "a long walk in the rain"}
        async with an_api(registration=mode, docs=True) as api:
            answers = [
                await api.call("POST", "/users", json=it)
                for it in (new, {**new, "email": "m@example.com"}, {**new, "username": "root"})
            ]
            signed_in = await api.call(
                "POST", "/sessions", json={"login": "mallory", "password": new["password"]}
            )
            asked = await api.call("POST", "/invitations/accept", json={"token": "hxk_ot_x", **new})

        assert [it.status_code for it in answers] == [403] * 3
        assert {it.json()["code"] for it in answers} == {"registration_closed"}
        assert signed_in.status_code == 401
        assert asked.status_code in {400, 401, 404, 422}
