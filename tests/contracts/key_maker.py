"""What every `KeyMaker` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.keys import KeyMaker
from hexkey.domain.keys import KeyState, SigningAlgorithm, thumbprint
from tests.support.doubles import START

ASYMMETRIC = [SigningAlgorithm.ES256, SigningAlgorithm.EDDSA, SigningAlgorithm.RS256]
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


class KeyMakerContract(ABC):
    """Subclass as `TestXxx` and provide the `maker` fixture."""

    @abstractmethod
    def maker(self) -> KeyMaker: ...

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_makes_a_key_that_is_announced(
        self, maker: KeyMaker, algorithm: SigningAlgorithm
    ) -> None:
        key = maker.make(algorithm, now=START)

        assert (key.algorithm, key.state) == (algorithm, KeyState.ANNOUNCED)
        assert key.created_at == key.state_since == START

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_jw_15_names_it_by_its_thumbprint_and_shows_nothing_private(
        self, maker: KeyMaker, algorithm: SigningAlgorithm
    ) -> None:
        key = maker.make(algorithm, now=START)
        published = key.published()

        assert published["kid"] == key.id == thumbprint(key.public_jwk)
        assert (published["use"], published["alg"]) == ("sig", algorithm.value)
        assert PRIVATE_MEMBERS.isdisjoint(published)
        assert "sealed_private_key" not in repr(key)

    def test_makes_another_one_each_time(self, maker: KeyMaker) -> None:
        made = [maker.make(SigningAlgorithm.ES256, now=START) for _ in range(2)]

        assert made[0].id != made[1].id
        assert made[0].sealed_private_key != made[1].sealed_private_key

    def test_makes_no_key_of_a_shared_secret(self, maker: KeyMaker) -> None:
        with pytest.raises(ValueError, match="master secret"):
            maker.make(SigningAlgorithm.HS256, now=START)
