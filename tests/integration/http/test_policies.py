"""What a deployment decides by its settings reaches the routes; the readiness probe is honest."""

import pytest

from hexkey.domain.keys import KeyState, SigningAlgorithm
from tests.support.api import Api, an_api

pytestmark = pytest.mark.anyio


class TestUsernameRequired:
    @pytest.mark.parametrize(("required", "status"), [("true", 422), ("false", 200)])
    async def test_decides_whether_a_name_may_be_removed(self, required: str, status: int) -> None:
        async with an_api(username_required=required) as api:
            await api.register(email="alice@example.com")
            headers = await api.sign_in()

            answer = await api.call("PATCH", "/users/me", json={"username": None}, headers=headers)

            assert answer.status_code == status
            if status == 422:
                assert answer.json()["code"] == "login_name_required"
            assert (await api.me(headers)).json()["username"] == (
                "alice" if status == 422 else None
            )


class TestSessionRetention:
    async def test_decides_how_long_ended_sessions_are_kept(self) -> None:
        async with an_api(session_retention=3600, database_url="memory://") as api:
            await api.somebody()
            headers = await api.sign_in()
            assert (await api.call("DELETE", "/sessions/current", headers=headers)).is_success

            kept = [await pruned_after(api, seconds) for seconds in (3600, 1)]

        assert kept == [0, 1]


async def pruned_after(api: Api, seconds: int) -> int:
    api.clock.advance(seconds=seconds)
    pruned = await api.container.prune_expired()()
    assert pruned is not None
    sessions: int = pruned.sessions
    return sessions


class TestReadiness:
    @pytest.mark.parametrize("state", KeyState)
    async def test_needs_a_key_that_signs_now(self, state: KeyState) -> None:
        """One that is only announced, or only believed, signs nothing."""
        async with an_api() as api:
            (key,) = await api.container.signing_keys().all()
            api.container.key_ring().load([key.moved(state, now=api.clock.now())])

            answer = await api.call("GET", "/readyz")

        assert answer.status_code == (200 if state is KeyState.SIGNING else 503)
        assert ("signing_key: ok" in answer.text) is (state is KeyState.SIGNING)

    async def test_needs_none_where_a_shared_secret_signs(self) -> None:
        async with an_api(signing_algorithm=SigningAlgorithm.HS256) as api:
            assert (await api.call("GET", "/readyz")).status_code == 200
