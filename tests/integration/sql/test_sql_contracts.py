"""SU-04: the SQL adapters keep the promises of their ports, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.sql.change_log import SqlChangeLog
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.expired_rows import SqlExpiredRows
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.leases import SqlLeases
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.revocations import SqlRevocations
from hexkey.adapters.sql.sightings import SqlSessionSightings
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.application.ports.sessions import StateChanges
from hexkey.domain.authentication.throttle import Charge, Standing
from tests.contracts.account_store import AccountStoreContract
from tests.contracts.change_log import ChangeLogContract
from tests.contracts.expired_rows import ExpiredRowsContract
from tests.contracts.failure_counters import FailureCountersContract
from tests.contracts.leases import LeasesContract
from tests.contracts.revocations import RevocationsContract
from tests.contracts.session_sightings import SessionSightingsContract
from tests.contracts.session_store import SessionStoreContract, SessionUseContract
from tests.contracts.signed_in_directory import SignedInDirectoryContract, Unheard
from tests.contracts.signing_key_store import SigningKeyStoreContract
from tests.contracts.user_directory import UserDirectoryContract
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio

_OFF = [f"enable_{it}" for it in ("hashjoin", "mergejoin", "hashagg", "sort", "material")]
_BY_LOOPS = "&".join(f"{it}=off" for it in (*_OFF, "jit"))


class _OnOneDatabase:
    @pytest.fixture
    def store(self, engine: AsyncEngine) -> SqlStore:
        return SqlStore(engine)

    @pytest.fixture
    def directory(self, engine: AsyncEngine) -> SqlUserDirectory:
        return SqlUserDirectory(engine)

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()


class TestSqlAccountStore(_OnOneDatabase, AccountStoreContract): ...


class TestSqlSessionStore(_OnOneDatabase, SessionStoreContract): ...


class TestSqlSessionUse(_OnOneDatabase, SessionUseContract): ...


class TestSqlChangeLog(_OnOneDatabase, ChangeLogContract):
    @pytest.fixture
    def log(self, engine: AsyncEngine) -> SqlChangeLog:
        return SqlChangeLog(engine)


class TestSqlRevocations(_OnOneDatabase, RevocationsContract):
    @pytest.fixture
    def revocations(self, engine: AsyncEngine) -> SqlRevocations:
        return SqlRevocations(engine)


class TestSqlSessionSightings(_OnOneDatabase, SessionSightingsContract):
    @pytest.fixture
    def sightings(self, engine: AsyncEngine) -> SqlSessionSightings:
        return SqlSessionSightings(engine)


class TestSqlLeases(LeasesContract):
    @pytest.fixture
    def leases(self, engine: AsyncEngine) -> SqlLeases:
        return SqlLeases(engine)


class TestSqlExpiredRows(_OnOneDatabase, ExpiredRowsContract):
    @pytest.fixture
    def archive(self, engine: AsyncEngine) -> SqlOutboxArchive:
        return SqlOutboxArchive(engine)

    @pytest.fixture
    def expired(self, engine: AsyncEngine) -> SqlExpiredRows:
        return SqlExpiredRows(engine)

    @pytest.fixture
    def failures(self, engine: AsyncEngine) -> SqlFailureCounters:
        return SqlFailureCounters(engine)

    @pytest.fixture
    def keys(self, engine: AsyncEngine) -> SqlSigningKeyStore:
        return SqlSigningKeyStore(engine)

    @pytest.fixture
    def log(self, engine: AsyncEngine) -> SqlChangeLog:
        return SqlChangeLog(engine)


@pytest.mark.postgres
class TestSqlExpiredRowsByOtherPlans(TestSqlExpiredRows):
    """The database chooses how to find rows; what is found must not depend on it."""

    @pytest.fixture
    async def engine(self, postgres_url: str) -> AsyncIterator[AsyncEngine]:
        engine = make_engine(f"{postgres_url}{'&' if '?' in postgres_url else '?'}{_BY_LOOPS}")
        yield engine
        await engine.dispose()


class TestSqlUserDirectory(_OnOneDatabase, UserDirectoryContract): ...


class TestSqlSignedInDirectory(_OnOneDatabase, SignedInDirectoryContract):
    @pytest.fixture
    def signed_in(self, engine: AsyncEngine) -> SqlSignedInDirectory:
        return SqlSignedInDirectory(engine)

    @pytest.fixture
    def changes(self) -> StateChanges:
        return Unheard()


class TestRememberedSqlSignedInDirectory(_OnOneDatabase, SignedInDirectoryContract):
    @pytest.fixture
    def signed_in(self, engine: AsyncEngine, clock: FrozenClock) -> RememberedSignedIn:
        return RememberedSignedIn(SqlSignedInDirectory(engine), clock=clock)

    @pytest.fixture
    def changes(self, signed_in: RememberedSignedIn) -> StateChanges:
        return signed_in


class TestSqlFailureCounters(FailureCountersContract):
    @pytest.fixture
    def failures(self, engine: AsyncEngine) -> SqlFailureCounters:
        return SqlFailureCounters(engine)


class _OfManyProcesses(SqlFailureCounters):
    """Each attempt comes to a process that knows nothing of those before it."""

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        return await SqlFailureCounters(self._engine).charge(charges, now=now)


class TestSqlFailureCountersOfManyProcesses(FailureCountersContract):
    @pytest.fixture
    def failures(self, engine: AsyncEngine) -> SqlFailureCounters:
        return _OfManyProcesses(engine)


class TestSqlSigningKeyStore(SigningKeyStoreContract):
    @pytest.fixture
    def keys(self, engine: AsyncEngine) -> SqlSigningKeyStore:
        return SqlSigningKeyStore(engine)
