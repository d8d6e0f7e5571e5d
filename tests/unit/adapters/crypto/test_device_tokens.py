import pytest

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.device_tokens import PREFIX, TOKEN_LENGTH, KeyedDeviceTokens
from tests.contracts.device_tokens import DeviceTokensContract
from tests.support.builders import a_user, an_id

OLD, NEW = b"o" * 32, b"n" * 32


class TestKeyedDeviceTokens(DeviceTokensContract):
    @pytest.fixture
    def devices(self) -> KeyedDeviceTokens:
        return KeyedDeviceTokens(DerivedKeys(MasterSecret(NEW)))

    def test_are_known_to_scanners_by_their_beginning(self, devices: KeyedDeviceTokens) -> None:
        token = devices.write(an_id(), a_user())

        assert token.startswith(PREFIX)
        assert len(token) == TOKEN_LENGTH

    def test_cr_04_stay_known_while_the_master_secret_is_rotated(self) -> None:
        user, device = a_user(), an_id()
        token = KeyedDeviceTokens(DerivedKeys(MasterSecret(OLD))).write(device, user)

        both = KeyedDeviceTokens(DerivedKeys(MasterSecret(NEW, previous=OLD)))
        assert both.read(token, user) == device
        assert KeyedDeviceTokens(DerivedKeys(MasterSecret(NEW))).read(token, user) is None
