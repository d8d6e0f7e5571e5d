"""Deployments for every algorithm."""

import pytest

from hexkey.domain.keys import SigningAlgorithm
from tests.contracts.key_maker import ASYMMETRIC
from tests.support.issuing import Issuing, an_issuing


@pytest.fixture(params=list(SigningAlgorithm), ids=lambda algorithm: algorithm.value)
def issuing(request: pytest.FixtureRequest) -> Issuing:
    return an_issuing(request.param)


@pytest.fixture(params=ASYMMETRIC, ids=lambda algorithm: algorithm.value)
def asymmetric(request: pytest.FixtureRequest) -> Issuing:
    return an_issuing(request.param)
