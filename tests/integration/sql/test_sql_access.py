"""Roles, administrators and API keys on both databases, and at every isolation."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.api_keys import SqlApiKeyDirectory
from hexkey.adapters.sql.engine import Isolation, make_engine
from hexkey.adapters.sql.roles import SqlRoleDirectory
from hexkey.adapters.sql.store import SqlStore
from tests.contracts.access_store import AccessStoreContract
from tests.contracts.api_keys import ApiKeyDirectoryContract

pytestmark = pytest.mark.anyio


class _OnOneDatabase:
    @pytest.fixture
    def store(self, engine: AsyncEngine) -> SqlStore:
        return SqlStore(engine)


class TestSqlAccessStore(_OnOneDatabase, AccessStoreContract):
    @pytest.fixture
    def role_directory(self, engine: AsyncEngine) -> SqlRoleDirectory:
        return SqlRoleDirectory(engine)


class TestSqlApiKeyDirectory(_OnOneDatabase, ApiKeyDirectoryContract):
    @pytest.fixture
    def key_directory(self, engine: AsyncEngine) -> SqlApiKeyDirectory:
        return SqlApiKeyDirectory(engine)


@pytest.mark.postgres
class TestStricterIsolation(AccessStoreContract):
    """RA-04, RA-08: what is promised does not depend on how the database is set up."""

    @pytest.fixture(params=["REPEATABLE READ", "SERIALIZABLE"])
    async def stricter(
        self, request: pytest.FixtureRequest, postgres_url: str
    ) -> AsyncIterator[AsyncEngine]:
        isolation: Isolation = request.param
        engine = make_engine(postgres_url, isolation=isolation)
        yield engine
        await engine.dispose()

    @pytest.fixture
    def store(self, stricter: AsyncEngine) -> SqlStore:
        return SqlStore(stricter)

    @pytest.fixture
    def role_directory(self, stricter: AsyncEngine) -> SqlRoleDirectory:
        return SqlRoleDirectory(stricter)
