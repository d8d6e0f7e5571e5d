"""SU-04: the audit trail on SQLite and on PostgreSQL, as the ports say."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_archive import SqlAuditArchive
from hexkey.adapters.sql.audit_chain import SqlAuditChain
from hexkey.adapters.sql.store import SqlStore
from tests.contracts.audit import AuditArchiveContract, AuditChainContract, AuditTrailContract

pytestmark = pytest.mark.anyio


class _OnOneDatabase:
    @pytest.fixture
    def store(self, engine: AsyncEngine) -> SqlStore:
        return SqlStore(engine)

    @pytest.fixture
    def archive(self, engine: AsyncEngine) -> SqlAuditArchive:
        return SqlAuditArchive(engine)

    @pytest.fixture
    def chain(self, engine: AsyncEngine) -> SqlAuditChain:
        return SqlAuditChain(engine)


class TestSqlAuditTrail(_OnOneDatabase, AuditTrailContract): ...


class TestSqlAuditArchive(_OnOneDatabase, AuditArchiveContract): ...


class TestSqlAuditChain(_OnOneDatabase, AuditChainContract): ...
