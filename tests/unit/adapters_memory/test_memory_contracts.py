"""The memory adapters keep the promises of their ports, so they may stand in for the databases."""

import pytest

from hexkey.adapters.memory.directories import MemorySignedInDirectory, MemoryUserDirectory
from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.sessions import StateChanges
from tests.contracts.account_store import AccountStoreContract
from tests.contracts.failure_counters import FailureCountersContract
from tests.contracts.session_store import SessionStoreContract
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


class TestMemoryFailureCounters(FailureCountersContract):
    @pytest.fixture
    def failures(self) -> MemoryFailureCounters:
        return MemoryFailureCounters()


class TestMemorySigningKeyStore(SigningKeyStoreContract):
    @pytest.fixture
    def keys(self) -> MemorySigningKeyStore:
        return MemorySigningKeyStore()
