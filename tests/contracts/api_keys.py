"""What `ApiKeys` and `ApiKeyDirectory` promise."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hexkey.application.ports.access import AccessStore
from hexkey.application.ports.api_keys import ApiKeyDirectory, KeyAndOwner
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import ApiKeyId
from hexkey.domain.sessions.api_key import ApiKey, KeyKind
from tests.contracts.access_store import joined
from tests.support.builders import a_user, an_id
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
LATER = START + TICK


def a_key(owner: User, **facts: Any) -> ApiKey:
    id_ = ApiKeyId(an_id())
    return ApiKey(
        **{
            "id": id_,
            "owner": owner.id,
            "kind": KeyKind.PERSONAL,
            "name": f"key {id_[-4:]} 🔑",
            "digest": id_.replace("-", "") * 2,
            "scopes": frozenset(("users:read", "account:read")),
            "credential_version": owner.credential_version,
            "created_at": START,
            "expires_at": START + timedelta(days=30),
            **facts,
        }
    )


async def kept(store: AccessStore, *keys: ApiKey) -> None:
    """Keep `keys`, for good."""
    async with store.begin() as transaction:
        for key in keys:
            await transaction.api_keys.add(key)
        await transaction.commit()


class ApiKeyDirectoryContract(ABC):
    """Subclass as `TestXxxApiKeyDirectory` and provide the fixtures `store` and `key_directory`."""

    @abstractmethod
    def store(self) -> AccessStore: ...

    @abstractmethod
    def key_directory(self) -> ApiKeyDirectory:
        """Reads what `store` has committed."""

    async def test_finds_a_key_and_its_owner(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        owner = a_user(roles=frozenset((ADMIN,)))
        key = a_key(owner)
        lasting = a_key(owner, kind=KeyKind.SERVICE, credential_version=None, expires_at=None)
        await joined(store, owner)

        await kept(store, key, lasting)

        assert await key_directory.find(key.digest) == KeyAndOwner(key, owner)
        assert await key_directory.find(lasting.digest) == KeyAndOwner(lasting, owner)
        assert await key_directory.find("0" * 64) is None

    async def test_knows_what_became_of_the_owner(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        """SE-05: at the next question."""
        owner = a_user()
        key = a_key(owner)
        await joined(store, owner)
        await kept(store, key)
        gone = owner.disabled(now=LATER)
        async with store.begin() as transaction:
            await transaction.users.replace(owner, gone)
            await transaction.commit()

        assert await key_directory.find(key.digest) == KeyAndOwner(key, gone)

    async def test_lists_the_keys_of_one_owner_the_latest_first(self, store: AccessStore) -> None:
        owner, other = a_user(), a_user()
        old, new = a_key(owner), a_key(owner, created_at=LATER)
        await joined(store, owner, other)
        await kept(store, old, new, a_key(other))

        async with store.begin() as transaction:
            assert await transaction.api_keys.of_owner(owner.id) == [new, old]

    async def test_az_02_removes_a_key_of_its_owner_only(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        """AZ-02."""
        owner, other = a_user(), a_user()
        key = a_key(owner)
        await joined(store, owner, other)
        await kept(store, key)

        async with store.begin() as transaction:
            assert not await transaction.api_keys.remove(key.id, owner=other.id)
            assert await transaction.api_keys.remove(key.id, owner=owner.id)
            assert not await transaction.api_keys.remove(key.id, owner=owner.id)
            assert await transaction.api_keys.of_owner(owner.id) == []
            await transaction.commit()

        assert await key_directory.find(key.digest) is None

    async def test_forgets_what_was_not_committed(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        owner = a_user()
        key, kept_one = a_key(owner), a_key(owner)
        await joined(store, owner)
        await kept(store, kept_one)
        async with store.begin() as transaction:
            await transaction.api_keys.add(key)
            await transaction.api_keys.remove(kept_one.id, owner=owner.id)

        assert await key_directory.find(key.digest) is None
        assert await key_directory.find(kept_one.digest) is not None

    async def test_keeps_no_key_of_an_erased_owner(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        owner = a_user()
        key = a_key(owner)
        await joined(store, owner)
        await kept(store, key)
        async with store.begin() as transaction:
            await transaction.users.erase(owner, now=LATER)
            await transaction.commit()

        assert await key_directory.find(key.digest) is None

    async def test_records_the_latest_use(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        owner = a_user()
        used, unused = a_key(owner), a_key(owner)
        await joined(store, owner)
        await kept(store, used, unused)

        await key_directory.record_use({used.id: LATER, ApiKeyId(an_id()): LATER})
        await key_directory.record_use({used.id: START})
        await key_directory.record_use({})

        assert await key_directory.find(used.digest) == KeyAndOwner(
            replace(used, last_used_at=LATER), owner
        )
        assert await key_directory.find(unused.digest) == KeyAndOwner(unused, owner)

    async def test_tk_10_forgets_keys_that_expired_and_none_without_an_end(
        self, store: AccessStore, key_directory: ApiKeyDirectory
    ) -> None:
        """TK-10: a few at a time."""
        owner = a_user()
        gone = [a_key(owner, expires_at=START - TICK) for _ in range(2)]
        stay = [a_key(owner, expires_at=START), a_key(owner, expires_at=None)]
        await joined(store, owner)
        await kept(store, *gone, *stay)

        deleted = [await key_directory.forget_expired(before=START, limit=1) for _ in range(3)]

        assert deleted == [1, 1, 0]
        assert [await key_directory.find(it.digest) for it in gone] == [None, None]
        assert [await key_directory.find(it.digest) for it in stay] == [
            KeyAndOwner(it, owner) for it in stay
        ]
