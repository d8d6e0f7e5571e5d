import threading
import time
from datetime import UTC, datetime

import pytest

from hexkey.adapters.crypto.system import SystemClock, SystemDice, SystemIds, SystemSecrets
from tests.contracts.clock import ClockContract
from tests.contracts.dice import DiceContract
from tests.contracts.ids import IdGeneratorContract
from tests.contracts.secrets import SecretGeneratorContract


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> SystemClock:
        return SystemClock()

    def test_tells_the_time_of_the_machine(self, clock: SystemClock) -> None:
        before = datetime.now(UTC)

        assert abs((clock.now() - before).total_seconds()) < 5


class TestSystemSecrets(SecretGeneratorContract):
    @pytest.fixture
    def secrets(self) -> SystemSecrets:
        return SystemSecrets()


class TestSystemDice(DiceContract):
    @pytest.fixture
    def dice(self) -> SystemDice:
        return SystemDice()

    def test_does_not_repeat_itself(self, dice: SystemDice) -> None:
        assert len({dice.throw() for _ in range(1000)}) == 1000


class TestSystemIds(IdGeneratorContract):
    @pytest.fixture
    def ids(self) -> SystemIds:
        return SystemIds()

    def test_begin_with_the_time_in_milliseconds(
        self, ids: SystemIds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC."""
        monkeypatch.setattr(time, "time_ns", lambda: 0x017F22E279B0 * 1_000_000)

        assert ids.new().startswith("017f22e2-79b0-7")

    def test_keep_their_order_when_the_clock_goes_back(
        self, ids: SystemIds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = ids.new()
        monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)

        assert ids.new() > first

    def test_keep_their_order_when_a_millisecond_is_full(
        self, ids: SystemIds, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
        made = [ids.new() for _ in range(10_000)]

        assert made == sorted(set(made))
        assert all(text[14] == "7" and text[19] in "89ab" for text in made)

    def test_are_unique_over_threads(self, ids: SystemIds) -> None:
        made: list[str] = []
        threads = [
            threading.Thread(target=lambda: made.extend(ids.new() for _ in range(2000)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(made)) == 16_000

    def test_cr_01_are_no_secrets_but_still_cannot_be_counted(self, ids: SystemIds) -> None:
        tails = {ids.new()[19:] for _ in range(1000)}

        assert len(tails) == 1000
