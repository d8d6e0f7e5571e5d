"""Secrets of webhook endpoints lie sealed, each for its own endpoint, and change masters."""

from dataclasses import replace

import pytest

from hexkey.adapters.crypto.webhook_secrets import SealedWebhookSecrets
from hexkey.domain.keys import UnusableKey
from tests.contracts.webhook_secrets import WebhookSecretsContract, an_endpoint
from tests.support.issuing import SECRET, derived_keys

NEW_SECRET = b"a newer master secret, 32 octets"
OLD = SealedWebhookSecrets(derived_keys())
BOTH = SealedWebhookSecrets(derived_keys(NEW_SECRET, SECRET))
NEW = SealedWebhookSecrets(derived_keys(NEW_SECRET))


class TestSealedWebhookSecrets(WebhookSecretsContract):
    @pytest.fixture
    def secrets(self) -> SealedWebhookSecrets:
        return BOTH

    def test_cr_05_stay_the_same_under_a_new_master_secret(self) -> None:
        endpoint = an_endpoint(OLD)

        sealed = BOTH.resealed(endpoint)

        assert sealed is not None
        moved = replace(endpoint, sealed_secret=sealed)
        assert NEW.shown(moved) == BOTH.shown(moved) == BOTH.shown(endpoint) == OLD.shown(endpoint)
        assert BOTH.resealed(moved) is None

    def test_cr_05_are_unreadable_without_their_master_secret(self) -> None:
        with pytest.raises(UnusableKey, match="was the master secret changed"):
            NEW.shown(an_endpoint(OLD))

    def test_fit_no_other_endpoint(self) -> None:
        one, other = an_endpoint(OLD), an_endpoint(OLD)

        with pytest.raises(UnusableKey):
            OLD.shown(replace(one, sealed_secret=other.sealed_secret))

    @pytest.mark.parametrize("octet", [0, 1, 9, 21, 40, -1])
    def test_cannot_be_altered(self, octet: int) -> None:
        endpoint = an_endpoint(OLD)
        altered = bytearray(endpoint.sealed_secret)
        altered[octet] ^= 1

        with pytest.raises(UnusableKey):
            OLD.shown(replace(endpoint, sealed_secret=bytes(altered)))

    @pytest.mark.parametrize("length", [0, 1, 9, 20, 21, 30])
    def test_cannot_be_cut_short(self, length: int) -> None:
        endpoint = an_endpoint(OLD)

        with pytest.raises(UnusableKey):
            OLD.shown(replace(endpoint, sealed_secret=endpoint.sealed_secret[:length]))
