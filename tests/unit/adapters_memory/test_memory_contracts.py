"""The memory adapters keep the promises of their ports, so they may stand in for the databases."""

import pytest

from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.adapters.memory.change_log import MemoryChangeLog
from hexkey.adapters.memory.directories import MemorySignedInDirectory, MemoryUserDirectory
from hexkey.adapters.memory.expired_rows import MemoryExpiredRows
from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.leases import MemoryLeases
from hexkey.adapters.memory.outbox_archive import MemoryOutboxArchive
from hexkey.adapters.memory.revocations import MemoryRevocations
from hexkey.adapters.memory.sightings import MemorySessionSightings
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.sessions import StateChanges
from tests.contracts.account_store import AccountStoreContract
from tests.contracts.change_bell import ChangeBellContract, Shared
from tests.contracts.change_log import ChangeLogContract
from tests.contracts.expired_rows import ExpiredRowsContract
from tests.contracts.failure_counters import FailureCountersContract
from tests.contracts.leases import LeasesContract
from tests.contracts.revocations import RevocationsContract
from tests.contracts.session_memory import CountingDirectory, SessionMemoryContract
from tests.contracts.session_sightings import SessionSightingsContract
from tests.contracts.session_store import SessionStoreContract, SessionUseContract
from tests.contracts.signed_in_directory import SignedInDirectoryContract, Unheard
from tests.contracts.signing_key_store import SigningKeyStoreContract
from tests.contracts.user_directory import UserDirectoryContract
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio


class _OnOneStore:
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def directory(self, store: MemoryStore) -> MemoryUserDirectory:
        return MemoryUserDirectory(store)

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()


class TestMemoryAccountStore(_OnOneStore, AccountStoreContract): ...


class TestMemorySessionStore(_OnOneStore, SessionStoreContract): ...


class TestMemorySessionUse(_OnOneStore, SessionUseContract): ...


class TestMemorySessionSightings(_OnOneStore, SessionSightingsContract):
    @pytest.fixture
    def sightings(self, store: MemoryStore) -> MemorySessionSightings:
        return MemorySessionSightings(store)


class TestMemoryChangeLog(_OnOneStore, ChangeLogContract):
    @pytest.fixture
    def log(self, store: MemoryStore) -> MemoryChangeLog:
        return MemoryChangeLog(store)


class TestMemoryRevocations(_OnOneStore, RevocationsContract):
    @pytest.fixture
    def revocations(self, store: MemoryStore) -> MemoryRevocations:
        return MemoryRevocations(store)


class TestMemoryLeases(LeasesContract):
    @pytest.fixture
    def leases(self) -> MemoryLeases:
        return MemoryLeases()


class TestMemoryExpiredRows(_OnOneStore, ExpiredRowsContract):
    @pytest.fixture
    def archive(self, store: MemoryStore) -> MemoryOutboxArchive:
        return MemoryOutboxArchive(store)

    @pytest.fixture
    def failures(self) -> MemoryFailureCounters:
        return MemoryFailureCounters()

    @pytest.fixture
    def keys(self) -> MemorySigningKeyStore:
        return MemorySigningKeyStore()

    @pytest.fixture
    def log(self, store: MemoryStore) -> MemoryChangeLog:
        return MemoryChangeLog(store)

    @pytest.fixture
    def expired(
        self, store: MemoryStore, failures: MemoryFailureCounters, keys: MemorySigningKeyStore
    ) -> MemoryExpiredRows:
        return MemoryExpiredRows(store, failures, keys)


class TestMemoryUserDirectory(_OnOneStore, UserDirectoryContract): ...


class TestMemorySignedInDirectory(_OnOneStore, SignedInDirectoryContract):
    @pytest.fixture
    def signed_in(self, store: MemoryStore) -> MemorySignedInDirectory:
        return MemorySignedInDirectory(store)

    @pytest.fixture
    def changes(self) -> StateChanges:
        return Unheard()


class TestRememberedSignedIn(_OnOneStore, SignedInDirectoryContract):
    @pytest.fixture
    def signed_in(self, store: MemoryStore, clock: FrozenClock) -> RememberedSignedIn:
        return RememberedSignedIn(MemorySignedInDirectory(store), clock=clock)

    @pytest.fixture
    def changes(self, signed_in: RememberedSignedIn) -> StateChanges:
        return signed_in


class TestRememberedSessionMemory(SessionMemoryContract):
    @pytest.fixture
    def directory(self) -> CountingDirectory:
        return CountingDirectory()

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    @pytest.fixture
    def memory(self, directory: CountingDirectory, clock: FrozenClock) -> RememberedSignedIn:
        return RememberedSignedIn(directory, clock=clock)

    @pytest.fixture
    def remembered(self, memory: RememberedSignedIn) -> RememberedSignedIn:
        return memory


class TestInProcessBell(_OnOneStore, ChangeBellContract):
    @pytest.fixture
    def mine(self) -> InProcessBell:
        return InProcessBell()

    @pytest.fixture
    def theirs(self, mine: InProcessBell) -> InProcessBell:
        return mine

    @pytest.fixture
    def silent(self) -> InProcessBell:
        return InProcessBell()

    @pytest.fixture
    def shared(self, store: MemoryStore) -> Shared:
        return Shared(store, MemorySignedInDirectory(store), MemoryChangeLog(store))


class TestMemoryFailureCounters(FailureCountersContract):
    @pytest.fixture
    def failures(self) -> MemoryFailureCounters:
        return MemoryFailureCounters()


class TestMemorySigningKeyStore(SigningKeyStoreContract):
    @pytest.fixture
    def keys(self) -> MemorySigningKeyStore:
        return MemorySigningKeyStore()
