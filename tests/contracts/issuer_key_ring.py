"""What `IssuerKeyRing` promises."""

import json
from abc import ABC, abstractmethod
from typing import Any

import pytest

from hexkey.application.ports.issuer import IssuerKeyRing
from hexkey.domain.keys import SigningAlgorithm, UnusableKey
from tests.support.issuing import a_signing_key


def jwks(*algorithms: SigningAlgorithm) -> str:
    return json.dumps({"keys": [a_signing_key(it).published() for it in algorithms]})


class IssuerKeyRingContract(ABC):
    """Subclass as `TestXxx`; provide `ring`, and `believed`, which tells the ids it believes."""

    @abstractmethod
    def ring(self) -> IssuerKeyRing: ...

    @staticmethod
    @abstractmethod
    def believed(ring: Any) -> set[str]: ...

    def test_believes_exactly_what_was_loaded(self, ring: IssuerKeyRing) -> None:
        es256, eddsa = SigningAlgorithm.ES256, SigningAlgorithm.EDDSA
        for algorithms in ([es256], [es256, eddsa], [SigningAlgorithm.RS256]):
            ring.load(jwks(*algorithms))

            assert self.believed(ring) == {a_signing_key(it).id for it in algorithms}

    @pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"keys": []}', "[" * 100_000])
    def test_keeps_what_it_has_when_there_is_no_key_set(
        self, ring: IssuerKeyRing, text: str
    ) -> None:
        ring.load(jwks(SigningAlgorithm.ES256))

        with pytest.raises(UnusableKey):
            ring.load(text)

        assert self.believed(ring) == {a_signing_key(SigningAlgorithm.ES256).id}
