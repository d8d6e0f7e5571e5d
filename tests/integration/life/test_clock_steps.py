"""RF-16: somebody sets the clock, while mail is on its way."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.api import Api, an_api
from tests.support.mails import code_in, token_in
from tests.support.recovering import ADDRESS, ask, confirm, reset, reset_mail, verified

pytestmark = pytest.mark.anyio

BACK = [timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as api:
        yield api


class TestClockThatIsSetForward:
    async def test_rf_16_ends_links_and_codes_by_the_new_time(self, api: Api) -> None:
        """RF-16, RC-10: nothing is good beyond its time, whichever clock says so."""
        await verified(api)
        answer = await ask(api, "/password-resets")
        mail = await api.mail()

        api.clock.advance(minutes=10)
        by_code = {"email": ADDRESS, "code": code_in(mail), "flow": answer.json()["flow"]}
        assert (await reset(api, **by_code)).status_code == 400
        api.clock.advance(minutes=20)
        assert (await reset(api, token=token_in(mail))).status_code == 400


class TestClockThatIsSetBack:
    @pytest.mark.parametrize("step", BACK)
    async def test_rf_16_revives_no_spent_link(self, api: Api, step: timedelta) -> None:
        """RF-16."""
        await verified(api)
        token = token_in(await reset_mail(api))
        assert (await reset(api, token=token)).status_code == 204

        api.clock.advance(seconds=-step.total_seconds())

        assert (await reset(api, token=token)).status_code == 400

    @pytest.mark.parametrize("step", BACK)
    async def test_rf_16_revives_no_expired_link_for_longer_than_its_life(
        self, api: Api, step: timedelta
    ) -> None:
        """RF-16: what was made in the future of the new clock is not good yet."""
        await verified(api)
        token = token_in(await reset_mail(api))
        api.clock.advance(minutes=31)
        assert (await reset(api, token=token)).status_code == 400

        api.clock.advance(seconds=-step.total_seconds())

        good = (await reset(api, token=token)).status_code == 204
        assert good == (timedelta(minutes=1) < step <= timedelta(minutes=31))

    @pytest.mark.parametrize("step", BACK)
    async def test_rf_16_rl_11_keeps_nobody_waiting_until_the_old_time_comes_round(
        self, api: Api, step: timedelta
    ) -> None:
        """RF-16, RL-11: twice as much mail at most, and never none for as long as the step."""
        await api.register(email=ADDRESS)
        await api.delivered()
        api.clock.advance(minutes=1)
        for _ in range(5):
            assert (await ask(api, "/email-verifications")).status_code == 202
            api.clock.advance(seconds=31)
        allowed = len(await api.delivered())

        api.clock.advance(seconds=-step.total_seconds())
        left = 0
        for _ in range(10):
            assert (await ask(api, "/email-verifications")).status_code == 202
            left += len(await api.delivered())
            api.clock.advance(seconds=31)

        assert allowed <= 5
        assert left <= 5
        if step > timedelta(minutes=5):
            assert left > 0

    async def test_rf_16_lets_the_next_link_do_what_the_last_one_could_not(self, api: Api) -> None:
        """RF-16: whoever waits for nothing asks again."""
        await api.register(email=ADDRESS)
        old = token_in(await api.mail())
        api.clock.advance(days=-1)
        assert (await confirm(api, token=old)).status_code == 400

        assert (await ask(api, "/email-verifications")).status_code == 202
        assert (await confirm(api, token=token_in(await api.mail()))).status_code == 204
