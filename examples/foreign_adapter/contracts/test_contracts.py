"""The contract suites of Hexkey, run over the adapters of this package.

PYTHONPATH=path/to/hexkey python -m pytest --import-mode=importlib contracts
"""

from collections.abc import Iterator

import pytest
from acme_hexkey.company_passwords import CompanyPasswords, make
from acme_hexkey.scrypt_hasher import ScryptPasswordHasher

from hexkey.adapters.crypto.bcrypt_hasher import BcryptPasswordHasher
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.crypto.system import SystemClock, SystemSecrets
from hexkey.domain.accounts.password import Password
from tests.contracts.common_passwords import CommonPasswordsContract
from tests.contracts.password_hasher import PasswordHasherContract

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TestScryptPasswordHasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self) -> Iterator[ScryptPasswordHasher]:
        pool = HashingPool(workers=1, clock=SystemClock())
        yield ScryptPasswordHasher(
            pool=pool, secrets=SystemSecrets(), older=BcryptPasswordHasher(pool=pool, cost=10)
        )
        pool.close()


class TestCompanyPasswords(CommonPasswordsContract):
    @pytest.fixture
    def common(self) -> CompanyPasswords:
        return make(None)

    def test_knows_what_only_we_would_try(self, common: CompanyPasswords) -> None:
        assert common.contains(Password("Acme Rocket Skates"))
