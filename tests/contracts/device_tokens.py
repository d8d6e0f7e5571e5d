"""What `DeviceTokens` promises."""

from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from hexkey.application.ports.authentication import DeviceTokens
from tests.support.builders import a_user, an_id

JUNK = ["", "hxk_dev_", "hxk_dev_" + "A" * 72, "x" * 80, "\0", "\ud800", "é" * 80, "hxk_rt_x"]


class DeviceTokensContract(ABC):
    """Subclass as `TestXxxDeviceTokens` and provide the `devices` fixture."""

    @abstractmethod
    def devices(self) -> DeviceTokens: ...

    def test_names_the_device_to_whom_it_belongs(self, devices: DeviceTokens) -> None:
        device, user = an_id(), a_user()

        assert devices.read(devices.write(device, user), user) == device

    def test_names_it_for_no_other_account(self, devices: DeviceTokens) -> None:
        assert devices.read(devices.write(an_id(), a_user()), a_user()) is None

    def test_names_it_no_longer_when_the_password_is_another(self, devices: DeviceTokens) -> None:
        user = a_user()
        token = devices.write(an_id(), user)

        later = replace(user, credential_version=user.credential_version + 1)
        assert devices.read(token, later) is None

    def test_tells_nobody_whose_it_is(self, devices: DeviceTokens) -> None:
        user = a_user()

        assert user.id not in devices.write(an_id(), user)

    @pytest.mark.parametrize("junk", JUNK)
    def test_names_nothing_in_junk(self, devices: DeviceTokens, junk: str) -> None:
        assert devices.read(junk, a_user()) is None

    def test_names_nothing_when_a_character_is_another(self, devices: DeviceTokens) -> None:
        user = a_user()
        token = devices.write(an_id(), user)
        for place, letter in enumerate(token):
            other = "A" if letter != "A" else "B"
            assert devices.read(token[:place] + other + token[place + 1 :], user) is None

    @pytest.mark.parametrize("id", ["", "x", "0" * 36])
    def test_is_not_written_for_what_is_no_id(self, devices: DeviceTokens, id: str) -> None:
        with pytest.raises(ValueError, match="device id"):
            devices.write(id, a_user())
