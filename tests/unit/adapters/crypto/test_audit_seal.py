"""Sealing the head of the audit trail's chain."""

import pytest

from hexkey.adapters.crypto.audit_seal import HmacChainSealer
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.domain.audit.chain import ChainHead
from tests.contracts.audit import ChainSealerContract

OLD, NEW = b"o" * 32, b"n" * 32
HEAD = ChainHead(sequence=7, digest="d" * 64)


def sealer_with(secret: bytes, previous: bytes | None = None) -> HmacChainSealer:
    return HmacChainSealer(DerivedKeys(MasterSecret(secret, previous)))


class TestHmacChainSealer(ChainSealerContract):
    @pytest.fixture
    def sealer(self) -> HmacChainSealer:
        return sealer_with(NEW)

    def test_believes_the_previous_secret_and_seals_with_the_present_one(self) -> None:
        old = sealer_with(OLD).seal(HEAD)
        rotating = sealer_with(NEW, previous=OLD)

        assert rotating.is_ours(old)
        assert not rotating.is_current(old)
        assert sealer_with(NEW).is_ours(rotating.seal(old))

    def test_does_not_believe_another_deployment(self) -> None:
        assert not sealer_with(NEW).is_ours(sealer_with(OLD).seal(HEAD))
