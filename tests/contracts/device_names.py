"""What every `DeviceNames` promises."""

import json
from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.devices import DeviceNames
from hexkey.domain.sessions.session import MAX_USER_AGENT_LENGTH

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class DeviceNamesContract(ABC):
    """Subclass as `TestXxx` and provide the `devices` fixture."""

    @abstractmethod
    def devices(self) -> DeviceNames: ...

    @pytest.mark.parametrize(
        ("agent", "parts"),
        [
            (FIREFOX, ("Firefox", "140", "Linux")),
            (CHROME, ("Chrome", "138", "Windows")),
            ("curl/8.14.1", ("curl",)),
        ],
    )
    def test_names_what_people_recognize(
        self, devices: DeviceNames, agent: str, parts: tuple[str, ...]
    ) -> None:
        name = devices.name(agent)

        assert all(part in name for part in parts), name
        assert len(name) < 80

    @pytest.mark.parametrize(
        "agent",
        [None, "", " ", "x" * MAX_USER_AGENT_LENGTH, "((((", "\ud800", "<script>", "\u202e", "%s"],
    )
    def test_always_has_a_name(self, devices: DeviceNames, agent: str | None) -> None:
        name = devices.name(agent)

        assert name.strip()
        assert json.dumps(name)
        assert "<" not in name
