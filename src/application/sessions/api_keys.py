"""API keys: making them, and finding out who sends one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.access.authority import GrantScopes
from hexkey.application.audit.recording import Audit
from hexkey.application.ports.access import AccessStore
from hexkey.application.ports.api_keys import ApiKeyDirectory, ApiKeySecrets
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.access import authority_of, permissions_of
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.audit.event import AuditType
from hexkey.domain.identifiers import ApiKeyId, UserId, parse_api_key_id
from hexkey.domain.sessions.access_token import InvalidToken, Principal
from hexkey.domain.sessions.api_key import (
    ACCOUNT_SCOPES,
    MOST_KEYS,
    ApiKey,
    ApiKeyNotFound,
    KeyKind,
    KeyStatus,
    TooManyApiKeys,
    ensure_within,
)

_MOST_NOTED = 50_000  # keys whose use has not been written down yet


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """A new key.

    Attributes:
        secret: the key itself, which is shown this once and kept nowhere.
    """

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeApiKey:
    """Give a program something to prove itself with, in the name of a user.

    Attributes:
        open_scopes: those of the deployment that everybody may ask for.
    """

    store: AccessStore
    secrets: ApiKeySecrets
    audit: Audit
    ids: IdGenerator
    clock: Clock
    open_scopes: frozenset[str]

    async def __call__(
        self,
        *,
        owner: UserId,
        name: str,
        scopes: Collection[str],
        lifetime: timedelta | None,
        kind: KeyKind = KeyKind.PERSONAL,
    ) -> MadeApiKey:
        """Return the key; the caller has made sure that the owner's session is fresh.

        Raises:
            InvalidApiKey: if the name or the lifetime breaks a rule, or there is no scope.
            ScopeNotAllowed: if the key could do what its owner cannot.
            TooManyApiKeys: if the owner has `MOST_KEYS`.
            UserNotFound: if there is no such user, or they may not be here.
        """
        now, secret = self.clock.now(), self.secrets.make(kind)
        digest = self.secrets.digest(secret)
        if digest is None:
            raise ValueError("a key that is none")
        async with self.store.begin() as transaction:
            user = await transaction.users.find(owner)
            if user is None or not user.is_active or user.is_leaving:
                raise UserNotFound
            defined = await transaction.roles.all()
            permitted = authority_of(user.id, user.roles, defined)
            known = permissions_of(defined)
            ensure_within(scopes, permitted, permissions=known, open_scopes=self.open_scopes)
            if len(await transaction.api_keys.of_owner(owner)) >= MOST_KEYS:
                raise TooManyApiKeys
            key = ApiKey.made(
                id=ApiKeyId(self.ids.new()),
                owner=user,
                kind=kind,
                name=name,
                digest=digest,
                scopes=scopes,
                expires_at=None if lifetime is None else now + lifetime,
                now=now,
            )
            await transaction.api_keys.add(key)
            await self.audit(
                transaction, AuditType.API_KEY_MADE, at=now, subject=owner, details=_told(key)
            )
            await transaction.commit()
        return MadeApiKey(key, secret)


@dataclass(frozen=True, slots=True)
class ListedApiKey:
    """A key, and whether it still opens anything."""

    key: ApiKey
    status: KeyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApiKeys:
    """See which programs may act for a user."""

    store: AccessStore
    clock: Clock

    async def __call__(self, *, owner: User) -> Sequence[ListedApiKey]:
        """Return the keys, the latest first, also those that have ended and are not pruned yet."""
        now = self.clock.now()
        async with self.store.begin() as transaction:
            keys = await transaction.api_keys.of_owner(owner.id)
        return [ListedApiKey(key, key.status_for(owner, now=now)) for key in keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey:
    """Let a program act for a user no longer."""

    store: AccessStore
    audit: Audit
    clock: Clock

    async def __call__(self, *, owner: UserId, key: str) -> None:
        """The key is refused from the next request on, on every instance.

        Raises:
            ApiKeyNotFound: if `owner` has no such key; another's looks the same.
        """
        id_ = parse_api_key_id(key)
        async with self.store.begin() as transaction:
            if id_ is None or not await transaction.api_keys.remove(id_, owner=owner):
                raise ApiKeyNotFound
            at, details = self.clock.now(), {"key_id": id_}
            await self.audit(
                transaction, AuditType.API_KEY_REVOKED, at=at, subject=owner, details=details
            )
            await transaction.commit()


@dataclass(slots=True, kw_only=True)
class RecentKeyUses:
    """When keys were used, as far as it is not written down yet."""

    _at: dict[ApiKeyId, datetime] = field(default_factory=dict, init=False)
    _noted: dict[ApiKeyId, datetime] = field(default_factory=dict, init=False)

    def note(self, key: ApiKey, *, now: datetime) -> None:
        """It is in use; once a minute, that is worth a write."""
        noted = self._noted.get(key.id)
        recent = noted is not None and now - noted < timedelta(minutes=1)
        if recent or not key.is_due_to_be_seen(now=now):
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._at[key.id] = self._noted[key.id] = now

    def take(self) -> Mapping[ApiKeyId, datetime]:
        """What is to be written down."""
        taken, self._at = self._at, {}
        return taken

    def put_back(self, uses: Mapping[ApiKeyId, datetime]) -> None:
        """They could not be written; what was noted since then counts."""
        self._at = {**uses, **self._at}


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteKeyUses:
    """Write down what was noted; to be called every few seconds, and before the process ends."""

    recent: RecentKeyUses
    keys: ApiKeyDirectory

    async def __call__(self) -> None:
        """Write everything.

        Raises:
            TemporarilyUnavailable: if the store is away; it is for the next time.
        """
        if not (uses := self.recent.take()):
            return
        try:
            await self.keys.record_use(uses)
        except BaseException:  # to be cancelled loses nothing either
            self.recent.put_back(uses)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveApiKey:
    """Find out who sent an API key, and refuse it when its owner may not be here.

    The store is asked every time, so whatever ends a key ends it at the next request.
    """

    secrets: ApiKeySecrets
    keys: ApiKeyDirectory
    recent: RecentKeyUses
    clock: Clock

    async def __call__(self, *, key: str) -> Principal:
        """Return who makes this request.

        Raises:
            InvalidToken: if that is no key, or it has expired or been revoked, or its owner is
                disabled, leaving or gone, or, for a personal one, has another password.
        """
        digest = self.secrets.digest(key)
        found = await self.keys.find(digest) if digest else None
        now = self.clock.now()
        if found is None or not found.key.opens_for(found.owner, now=now):
            raise InvalidToken
        self.recent.note(found.key, now=now)
        return Principal(
            user=found.owner,
            session=None,
            scopes=found.key.scopes,
            proved_at=found.key.created_at,
            key=found.key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadKeyScopes:
    """Find out what a key may do at this moment, in an application that Hexkey is part of."""

    grant: GrantScopes

    async def __call__(self, key: ApiKey, *, owner: User) -> frozenset[str]:
        """Return the scopes it was made for, without those that `owner` may not have any more."""
        asked = key.scopes - ACCOUNT_SCOPES
        granted = await self.grant(owner, requested=" ".join(sorted(asked)))
        return granted | (key.scopes & ACCOUNT_SCOPES)


def _told(key: ApiKey) -> Mapping[str, str]:
    return {"key_id": key.id, "kind": key.kind.value, "scopes": " ".join(sorted(key.scopes))}
