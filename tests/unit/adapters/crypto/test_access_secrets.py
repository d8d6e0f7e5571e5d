"""API keys and the set-up token, as the crypto adapters make them."""

import pytest

from hexkey.adapters.crypto.api_key_secrets import ChecksummedApiKeys
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.setup_tokens import DerivedSetupTokens
from tests.contracts.access_secrets import ApiKeySecretsContract, SetupTokensContract

SECRET = b"one secret for tests, of 32 octets and more"


class TestChecksummedApiKeys(ApiKeySecretsContract):
    @pytest.fixture
    def secrets(self) -> ChecksummedApiKeys:
        return ChecksummedApiKeys()


class TestDerivedSetupTokens(SetupTokensContract):
    @pytest.fixture
    def tokens(self) -> DerivedSetupTokens:
        return DerivedSetupTokens(DerivedKeys(MasterSecret(SECRET)))

    def test_are_the_same_everywhere_and_others_for_another_secret(
        self, tokens: DerivedSetupTokens
    ) -> None:
        again = DerivedSetupTokens(DerivedKeys(MasterSecret(SECRET)))
        other = DerivedSetupTokens(DerivedKeys(MasterSecret(SECRET[::-1])))

        assert again.token() == tokens.token()
        assert not other.is_token(tokens.token())
