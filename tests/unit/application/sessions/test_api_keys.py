"""TK-10: making keys, and finding out who sends one, at every bound."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from hexkey.adapters.crypto.api_key_secrets import ChecksummedApiKeys
from hexkey.adapters.memory.access_directories import MemoryApiKeyDirectory
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.sessions import api_keys
from hexkey.application.sessions.api_keys import (
    ListApiKeys,
    MadeApiKey,
    MakeApiKey,
    ReadKeyScopes,
    RecentKeyUses,
    ResolveApiKey,
    RevokeApiKey,
    WriteKeyUses,
)
from hexkey.domain.access import Permission, Role, RoleDefinition
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import ApiKeyId
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.api_key import (
    MOST_KEYS,
    USED_EVERY,
    ApiKey,
    ApiKeyNotFound,
    KeyKind,
    KeyStatus,
    ScopeNotAllowed,
    TooManyApiKeys,
)
from tests.support.audits import NewIds, an_audit, events_in
from tests.support.builders import a_user
from tests.support.doubles import START, FrozenClock
from tests.support.supervising import granting

pytestmark = pytest.mark.anyio

DAY, MINUTE, TICK = timedelta(days=1), timedelta(minutes=1), timedelta(milliseconds=1)
HELPER = Role("helper")


class Junk(ChecksummedApiKeys):
    """Makes what it does not take for a key itself."""

    def digest(self, text: str) -> str | None:
        return None


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def owner() -> User:
    return a_user(roles=frozenset((HELPER,)))


@pytest.fixture
async def store(owner: User) -> MemoryStore:
    store = MemoryStore()
    role = RoleDefinition(
        name=HELPER, permissions=frozenset((Permission.USERS_READ,)), created_at=START
    )
    async with store.begin() as transaction:
        await transaction.roles.put(role)
        await transaction.users.add(owner)
        await transaction.commit()
    return store


@pytest.fixture
def make(store: MemoryStore, clock: FrozenClock) -> MakeApiKey:
    return MakeApiKey(
        store=store,
        secrets=ChecksummedApiKeys(),
        audit=an_audit(),
        ids=NewIds(),
        clock=clock,
        open_scopes=frozenset(("openid",)),
    )


async def a_key(make: MakeApiKey, owner: User, **given: Any) -> MadeApiKey:
    facts = {"name": "backup", "scopes": ["account:read", "openid"], "lifetime": DAY, **given}
    return await make(owner=owner.id, **facts)


class TestMakeApiKey:
    @pytest.mark.parametrize("kind", KeyKind)
    async def test_tk_10_is_what_was_asked_for_and_written_down(
        self, make: MakeApiKey, store: MemoryStore, owner: User, kind: KeyKind
    ) -> None:
        made = await a_key(make, owner, kind=kind)

        assert store.committed.api_keys == {made.key.id: made.key}
        assert made.key == ApiKey(
            id=made.key.id,
            owner=owner.id,
            kind=kind,
            name="backup",
            digest=ChecksummedApiKeys().digest(made.secret) or "",
            scopes=frozenset(("account:read", "openid")),
            credential_version=owner.credential_version if kind is KeyKind.PERSONAL else None,
            created_at=START,
            expires_at=START + DAY,
        )
        (event,) = events_in(store)
        assert (event.type, event.at, event.subject) == (AuditType.API_KEY_MADE, START, owner.id)
        assert event.details == {
            "key_id": made.key.id,
            "kind": kind.value,
            "scopes": "account:read openid",
        }

    async def test_is_personal_unless_it_is_said_to_be_a_services(
        self, make: MakeApiKey, owner: User
    ) -> None:
        assert (await a_key(make, owner)).key.kind is KeyKind.PERSONAL
        lasting = await a_key(make, owner, kind=KeyKind.SERVICE, lifetime=None)
        assert lasting.key.expires_at is None

    async def test_tk_10_is_bounded_at_fifty(
        self, make: MakeApiKey, store: MemoryStore, owner: User
    ) -> None:
        for _ in range(MOST_KEYS):
            await a_key(make, owner)
        with pytest.raises(TooManyApiKeys):
            await a_key(make, owner)

        assert len(store.committed.api_keys) == MOST_KEYS == len(events_in(store))

    @pytest.mark.parametrize("end", ["unknown", "disabled", "leaving"])
    async def test_tk_10_is_made_for_nobody_who_may_not_be_here(
        self, make: MakeApiKey, store: MemoryStore, end: str
    ) -> None:
        user = a_user()
        changed = {
            "disabled": user.disabled(now=START),
            "leaving": user.leaving(erase_at=START, now=START),
        }
        if end != "unknown":
            async with store.begin() as transaction:
                await transaction.users.add(changed[end])
                await transaction.commit()

        with pytest.raises(UserNotFound):
            await a_key(make, user)
        assert (store.committed.api_keys, events_in(store)) == ({}, [])

    @pytest.mark.parametrize(
        ("scope", "allowed"),
        [(Permission.USERS_READ, True), (Permission.USERS_WRITE, False), ("unheard-of", False)],
    )
    async def test_tk_10_may_do_no_more_than_its_owner(
        self, make: MakeApiKey, store: MemoryStore, owner: User, scope: str, allowed: bool
    ) -> None:
        if allowed:
            assert (await a_key(make, owner, scopes=[scope])).key.scopes == {scope}
            return
        with pytest.raises(ScopeNotAllowed):
            await a_key(make, owner, scopes=[scope])
        assert store.committed.api_keys == {}

    async def test_is_never_kept_if_nobody_could_use_it(
        self, make: MakeApiKey, store: MemoryStore, owner: User
    ) -> None:
        with pytest.raises(ValueError, match="none"):
            await a_key(replace(make, secrets=Junk()), owner)
        assert store.committed.api_keys == {}

    async def test_pw_12_shows_its_secret_to_nobody_by_accident(
        self, make: MakeApiKey, owner: User
    ) -> None:
        made = await a_key(make, owner)

        assert made.secret not in repr(made)


class TestListAndRevoke:
    async def test_tk_10_says_of_each_whether_it_opens_anything(
        self, make: MakeApiKey, store: MemoryStore, owner: User, clock: FrozenClock
    ) -> None:
        short, long = await a_key(make, owner), await a_key(make, owner, lifetime=2 * DAY)
        clock.advance(days=1)

        listed = await ListApiKeys(store=store, clock=clock)(owner=owner)

        assert {it.key.id: it.status for it in listed} == {
            short.key.id: KeyStatus.EXPIRED,
            long.key.id: KeyStatus.ACTIVE,
        }

    async def test_tk_10_forgets_one_key_of_the_owner_and_says_so(
        self, make: MakeApiKey, store: MemoryStore, owner: User, clock: FrozenClock
    ) -> None:
        one, other = await a_key(make, owner), await a_key(make, owner)
        clock.advance(seconds=5)
        revoke = RevokeApiKey(store=store, audit=an_audit(), clock=clock)

        await revoke(owner=owner.id, key=one.key.id)

        assert list(store.committed.api_keys) == [other.key.id]
        event = events_in(store)[-1]
        assert (event.type, event.subject) == (AuditType.API_KEY_REVOKED, owner.id)
        assert (event.at, event.details) == (clock.now(), {"key_id": one.key.id})
        for wrong in (one.key.id, "junk", ""):
            with pytest.raises(ApiKeyNotFound):
                await revoke(owner=owner.id, key=wrong)
        with pytest.raises(ApiKeyNotFound):
            await revoke(owner=a_user().id, key=other.key.id)
        assert list(store.committed.api_keys) == [other.key.id]


class TestResolveApiKey:
    @pytest.fixture
    def recent(self) -> RecentKeyUses:
        return RecentKeyUses()

    @pytest.fixture
    def resolve(
        self, store: MemoryStore, clock: FrozenClock, recent: RecentKeyUses
    ) -> ResolveApiKey:
        return ResolveApiKey(
            secrets=ChecksummedApiKeys(),
            keys=MemoryApiKeyDirectory(store),
            recent=recent,
            clock=clock,
        )

    async def test_tk_10_is_the_owner_with_the_scopes_of_the_key(
        self, make: MakeApiKey, resolve: ResolveApiKey, recent: RecentKeyUses, owner: User
    ) -> None:
        made = await a_key(make, owner)

        principal = await resolve(key=made.secret)

        assert (principal.user, principal.session) == (owner, None)
        assert (principal.key, principal.scopes) == (made.key, made.key.scopes)
        assert principal.proved_at == START
        assert principal.roles == frozenset()
        assert recent.take() == {made.key.id: START}

    async def test_tk_10_is_nobody_from_its_last_instant_on(
        self,
        make: MakeApiKey,
        resolve: ResolveApiKey,
        recent: RecentKeyUses,
        owner: User,
        clock: FrozenClock,
    ) -> None:
        made = await a_key(make, owner)
        clock.advance(days=1, milliseconds=-1)
        await resolve(key=made.secret)
        recent.take()
        clock.advance(milliseconds=1)

        unknown = ChecksummedApiKeys().make(KeyKind.PERSONAL)
        for wrong in (made.secret, unknown, "junk", ""):
            with pytest.raises(InvalidToken):
                await resolve(key=wrong)
        assert recent.take() == {}


def used(at: datetime | None = None) -> ApiKey:
    """A key that was used then, as stored."""
    key = ApiKey.made(
        id=ApiKeyId(NewIds().new()),
        owner=a_user(),
        kind=KeyKind.SERVICE,
        name="x",
        digest="d",
        scopes=("openid",),
        expires_at=None,
        now=START,
    )
    return replace(key, last_used_at=at)


class TestRecentKeyUses:
    @pytest.mark.parametrize(
        ("stored", "noted"),
        [(None, True), (START - USED_EVERY + TICK, False), (START - USED_EVERY, True)],
        ids=str,
    )
    def test_tk_10_are_noted_when_what_is_stored_is_a_minute_old(
        self, stored: datetime | None, noted: bool
    ) -> None:
        recent, key = RecentKeyUses(), used(stored)
        recent.note(key, now=START)

        assert recent.take() == ({key.id: START} if noted else {})

    @pytest.mark.parametrize(("later", "again"), [(MINUTE - TICK, False), (MINUTE, True)], ids=str)
    def test_tk_10_are_noted_once_a_minute_although_nothing_is_stored_yet(
        self, later: timedelta, again: bool
    ) -> None:
        recent, key = RecentKeyUses(), used()
        recent.note(key, now=START)
        recent.take()
        recent.note(key, now=START + later)

        assert recent.take() == ({key.id: START + later} if again else {})

    def test_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api_keys, "_MOST_NOTED", 2)
        recent, keys = RecentKeyUses(), [used() for _ in range(3)]
        for number, key in enumerate(keys):
            recent.note(key, now=START)
            assert len(recent._noted) == (1, 2, 1)[number]
        assert set(recent.take()) == {it.id for it in keys}

    def test_that_came_meanwhile_count_when_others_are_put_back(self) -> None:
        recent, one, other = RecentKeyUses(), used(), used()
        recent.note(one, now=START)
        recent.note(other, now=START)
        taken = recent.take()
        recent.note(one, now=START + MINUTE)
        recent.put_back(taken)

        assert recent.take() == {one.id: START + MINUTE, other.id: START}


class Directory(MemoryApiKeyDirectory):
    """Keeps what it is told to write; fails while it has a failure."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.written: list[Mapping[ApiKeyId, datetime]] = []
        self.failure: BaseException | None = None

    async def record_use(self, used: Mapping[ApiKeyId, datetime]) -> None:
        if self.failure is not None:
            raise self.failure
        self.written.append(used)


class TestWriteKeyUses:
    @pytest.mark.parametrize("failure", [TemporarilyUnavailable(), GeneratorExit()])
    async def test_tk_10_loses_nothing_and_writes_nothing_twice(
        self, failure: BaseException
    ) -> None:
        recent, keys, key = RecentKeyUses(), Directory(), used()
        write = WriteKeyUses(recent=recent, keys=keys)
        await write()
        recent.note(key, now=START)
        keys.failure = failure
        with pytest.raises(type(failure)):
            await write()

        keys.failure = None
        await write()
        await write()

        assert keys.written == [{key.id: START}]


class TestReadKeyScopes:
    @pytest.mark.parametrize("holds", [True, False])
    async def test_tk_10_are_those_that_its_owner_still_has(
        self, make: MakeApiKey, store: MemoryStore, owner: User, holds: bool
    ) -> None:
        scopes = [Permission.USERS_READ, "openid", "account:read"]
        made = await a_key(make, owner, scopes=scopes)
        read = ReadKeyScopes(grant=granting(store, frozenset(("openid", "profile"))))
        now = owner if holds else replace(owner, roles=frozenset())

        granted = await read(made.key, owner=now)

        assert granted == set(scopes if holds else scopes[1:])
