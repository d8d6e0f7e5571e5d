"""The double keeps the port's promises, so it may stand in for the real hashers."""

import pytest

from tests.contracts.password_hasher import PasswordHasherContract
from tests.support.doubles import QuickHasher

pytestmark = pytest.mark.anyio


class TestQuickHasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self) -> QuickHasher:
        return QuickHasher()
