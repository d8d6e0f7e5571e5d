"""Names of devices, as ua-parser knows them."""

import time

import pytest

from hexkey.adapters.useragent.device_names import UNKNOWN, ParsedDeviceNames
from hexkey.domain.sessions.session import MAX_USER_AGENT_LENGTH
from tests.contracts.device_names import FIREFOX, DeviceNamesContract

PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Mobile Safari/537.36"
)


class TestParsedDeviceNames(DeviceNamesContract):
    @pytest.fixture
    def devices(self) -> ParsedDeviceNames:
        return ParsedDeviceNames()

    @pytest.mark.parametrize(
        ("agent", "name"),
        [
            (FIREFOX, "Firefox 140 on Linux"),
            (PIXEL, "Chrome Mobile 138 on Android"),
            ("Mozilla/5.0 (Linux; Android 14; Build/X)", "Android 14"),
            ("python-requests/2.32", "Python Requests 2"),
            ("something of our own", UNKNOWN),
            (None, UNKNOWN),
        ],
    )
    def test_says_it_in_few_words(
        self, devices: ParsedDeviceNames, agent: str | None, name: str
    ) -> None:
        assert devices.name(agent) == name

    @pytest.mark.parametrize("piece", ["(", " ", "a", "0", "; ", "Build/", "Mozilla/5.0 (", "1."])
    def test_in_18_takes_no_time_that_matters(self, devices: ParsedDeviceNames, piece: str) -> None:
        """IN-18: a thousand patterns are tried on what anybody may send."""
        devices.name(FIREFOX)  # loads them
        agent = (piece * MAX_USER_AGENT_LENGTH)[:MAX_USER_AGENT_LENGTH]

        start = time.thread_time()
        devices.name(agent)

        assert time.thread_time() - start < 0.5
