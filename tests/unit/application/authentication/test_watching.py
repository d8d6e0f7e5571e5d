"""Whoever attacks from everywhere must not fill the memory of what watches them."""

from datetime import timedelta

import pytest

from hexkey.application.authentication import watching
from hexkey.domain.authentication.rules import Attempted, ThrottlePolicy
from hexkey.domain.authentication.throttle import Failures, Standing
from tests.support.deployments import MemoryDeployment

pytestmark = pytest.mark.anyio


class TestWatchFailures:
    async def test_remembers_so_many_alerts_and_no_more(
        self, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "_MOST_REMEMBERED", 10)
        watch, now = deployment.throttle.watch, deployment.clock.now()
        failed = Standing(failures=Failures(100, now), wait=timedelta(0), charged=True)
        for number in range(50):
            tried = Attempted(account=f"person {number}", address="198.51.100.1")
            charges = ThrottlePolicy().charges(tried)
            await watch.failed(tried, charges, dict.fromkeys(charges, failed))

        assert len(watch._sounded) == 10
