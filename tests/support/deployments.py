"""Whole deployments without HTTP: every use case over stores of one's choice."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.device_tokens import KeyedDeviceTokens
from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.one_time_secrets import KeyedOneTimeSecrets
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.adapters.crypto.refresh_tokens import KeyedRefreshTokens
from hexkey.adapters.crypto.remembered_tokens import RememberedTokens
from hexkey.adapters.memory.alarm import MemoryAlarm
from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.directories import MemorySignedInDirectory
from hexkey.adapters.memory.sightings import MemorySessionSightings
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.sql.audit_archive import SqlAuditArchive
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.sightings import SqlSessionSightings
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.adapters.unicode.email_addresses import ValidatedAddresses
from hexkey.adapters.unicode.usernames import PrecisUsernames
from hexkey.adapters.useragent.device_names import ParsedDeviceNames
from hexkey.application.accounts.listing import ListUsers
from hexkey.application.accounts.mail_requests import MailRequestPolicy, RequestMail
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.accounts.password_change import (
    ChangePassword,
    ReplacePassword,
    SetPassword,
)
from hexkey.application.accounts.profile import ReadPublicProfile, UpdateProfile
from hexkey.application.accounts.registration import RegisterUser, RegistrationPolicy
from hexkey.application.accounts.supervision import DisableUser, EnableUser, GrantRole
from hexkey.application.audit.recording import Audit
from hexkey.application.audit.refusals import Refusals
from hexkey.application.authentication.authenticate import Authenticate
from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.authentication.password_check import CheckPassword
from hexkey.application.authentication.throttling import Throttle
from hexkey.application.authentication.watching import WatchFailures
from hexkey.application.keys.generation import EnsureSigningKey
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import PublishKeys, ReloadKeys
from hexkey.application.keys.rotation import RotateKey
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.audit import AuditArchive
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.application.ports.sessions import SignedInDirectory
from hexkey.application.ports.sightings import SessionSightings
from hexkey.application.sessions.ending import EndOtherSessions, EndSession, ListSessions
from hexkey.application.sessions.issuing import SignIn
from hexkey.application.sessions.reauthentication import Reauthenticate
from hexkey.application.sessions.refreshing import RefreshSession
from hexkey.application.sessions.resolving import ResolveToken
from hexkey.application.sessions.sightings import RecentSightings, WriteSightings
from hexkey.application.sessions.tokens import IssueTokens, TokenPolicy
from hexkey.domain.accounts.password import PasswordPolicy
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.rules import ThrottlePolicy
from hexkey.domain.identifiers import UserId
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import ACCESS_TOKEN_LIFETIME
from hexkey.domain.sessions.session import SessionPolicy
from tests.support.audits import an_audit
from tests.support.doubles import (
    CountingIds,
    CountingSecrets,
    FewBreachedPasswords,
    FewCommonPasswords,
    FrozenClock,
    QuickHasher,
)
from tests.support.faults import (
    FaultyFailureCounters,
    FaultySigningKeyStore,
    FaultyStore,
    FaultyUserDirectory,
)
from tests.support.supervising import granting, supervising

MASTER_SECRET = MasterSecret(b"thirty-two octets, for tests only")
PASSWORD = "correct horse"


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where a deployment keeps things."""

    store: FaultyStore | SqlStore
    users: UserDirectory
    failures: FailureCounters
    signed_in: SignedInDirectory
    signing_keys: SigningKeyStore
    sightings: SessionSightings
    archive: AuditArchive


@dataclass(frozen=True, kw_only=True)
class MemoryStores(Stores):
    """In memory, and able to fail."""

    store: FaultyStore
    users: FaultyUserDirectory
    failures: FaultyFailureCounters
    signing_keys: FaultySigningKeyStore


def in_memory() -> MemoryStores:
    store = FaultyStore()
    return MemoryStores(
        store=store,
        users=FaultyUserDirectory(store),
        failures=FaultyFailureCounters(),
        signed_in=MemorySignedInDirectory(store),
        signing_keys=FaultySigningKeyStore(),
        sightings=MemorySessionSightings(store),
        archive=MemoryAuditArchive(store),
    )


def in_database(engine: AsyncEngine) -> Stores:
    return Stores(
        store=SqlStore(engine),
        users=SqlUserDirectory(engine),
        failures=SqlFailureCounters(engine),
        signed_in=SqlSignedInDirectory(engine),
        signing_keys=SqlSigningKeyStore(engine),
        sightings=SqlSessionSightings(engine),
        archive=SqlAuditArchive(engine),
    )


@dataclass(kw_only=True)
class Deployment:
    """Every use case, over the same stores; time and chance are frozen, all else is real."""

    stores: Stores
    hasher: PasswordHasher = field(default_factory=QuickHasher)
    clock: FrozenClock = field(default_factory=FrozenClock)
    ids: CountingIds = field(default_factory=CountingIds)
    registration: RegistrationPolicy = field(default_factory=RegistrationPolicy)
    password_policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    throttle_policy: ThrottlePolicy = field(default_factory=ThrottlePolicy)
    mail_policy: MailRequestPolicy = field(default_factory=MailRequestPolicy)
    algorithm: SigningAlgorithm = SigningAlgorithm.ES256
    scopes: frozenset[str] = frozenset(("openid", "profile"))
    session_policy: SessionPolicy = field(
        default_factory=lambda: SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30))
    )

    def __post_init__(self) -> None:
        derived = DerivedKeys(MASTER_SECRET)
        self.one_time_secrets = KeyedOneTimeSecrets(derived)
        self.device_tokens = KeyedDeviceTokens(derived)
        self.tell = Tell(ids=self.ids)
        self.usernames = PrecisUsernames()
        self.emails = ValidatedAddresses()
        self.signed_in = RememberedSignedIn(self.stores.signed_in, clock=self.clock)
        self._keys(derived)
        self._accounts()
        self._sessions()

    async def somebody(self, username: str = "alice", *, password: str = PASSWORD) -> User:
        """A registered user."""
        return await self.register(username=username, password=password)

    async def register(self, **values: Any) -> User:
        """What a stranger's registration makes, where it makes a user at once."""
        made = await self.register_user(**values)
        assert isinstance(made, User)
        return made

    async def stored(self, id: UserId) -> User:
        """The user as stored."""
        found = await self.stores.users.find(id)
        assert found is not None
        return found

    async def keep(self, *users: User) -> None:
        """Store users as no use case would: imported, or made by hand."""
        async with self.stores.store.begin() as transaction:
            for user in users:
                await transaction.users.add(user)
            await transaction.commit()

    def _keys(self, derived: DerivedKeys) -> None:
        clock = self.clock
        keys = self.stores.signing_keys
        make = MakeKey(maker=SealingKeyMaker(derived), sealer=KeySeal(derived))
        self.refresh_tokens = KeyedRefreshTokens(derived)
        self.cursors = EncryptedCursors(derived)
        self.ring = UnsealedKeyRing(derived=derived, algorithm=self.algorithm)
        self.reload_keys = ReloadKeys(store=keys, ring=self.ring, clock=clock)
        self.ensure_signing_key = EnsureSigningKey(
            store=keys,
            make=make,
            reload=self.reload_keys,
            audit=an_audit(),
            clock=clock,
            algorithm=self.algorithm,
        )
        self.rotate_key = RotateKey(store=keys, make=make, audit=an_audit(), clock=clock)
        self.publish_keys = PublishKeys(ring=self.ring, reload=self.reload_keys)

    def _accounts(self) -> None:
        store, changes, clock = self.stores.store, self.signed_in, self.clock
        users, tell = self.stores.users, self.tell
        passwords = self.new_passwords = NewPasswords(
            policy=self.password_policy,
            common=FewCommonPasswords(),
            breached=FewBreachedPasswords(),
            hasher=self.hasher,
            refusals=Refusals(archive=self.stores.archive, audit=an_audit(), clock=clock),
        )
        self.request_mail = RequestMail(
            store=store,
            ids=self.ids,
            secrets=CountingSecrets(),
            one_time_secrets=self.one_time_secrets,
            clock=clock,
            policy=self.mail_policy,
        )
        self.register_user = RegisterUser(
            store=store,
            usernames=self.usernames,
            emails=self.emails,
            passwords=passwords,
            request_mail=self.request_mail,
            tell=self.tell,
            ids=self.ids,
            clock=clock,
            policy=self.registration,
        )
        self.check_password = self._check_password()
        replace = ReplacePassword(store=store, tell=tell, changes=changes, clock=clock)
        self.change_password = ChangePassword(
            users=users, check=self.check_password, passwords=passwords, replace=replace
        )
        self.set_password = SetPassword(users=users, passwords=passwords, replace=replace)
        self.update_profile = UpdateProfile(
            store=store,
            usernames=self.usernames,
            tell=tell,
            changes=changes,
            clock=clock,
            policy=self.registration,
        )
        self.read_public_profile = ReadPublicProfile(users=users)
        self.list_users = ListUsers(users=users, cursors=self.cursors)
        supervise = supervising(store=store, tell=tell, changes=changes, clock=clock)
        self.disable = DisableUser(supervise=supervise)
        self.enable = EnableUser(supervise=supervise)
        self.grant = GrantRole(supervise=supervise)

    def _check_password(self) -> CheckPassword:
        self.live_schemes = LiveSchemes(
            users=self.stores.users, hasher=self.hasher, clock=self.clock
        )
        self.alarm = MemoryAlarm()
        policy = self.throttle_policy
        self.throttle = Throttle(
            counters=self.stores.failures,
            policy=policy,
            watch=WatchFailures(
                alarm=self.alarm,
                archive=self.stores.archive,
                audit=Audit(ids=self.ids),
                policy=policy,
                clock=self.clock,
            ),
            clock=self.clock,
        )
        return CheckPassword(
            hasher=self.hasher,
            schemes=self.live_schemes,
            throttle=self.throttle,
            devices=self.device_tokens,
        )

    def _sessions(self) -> None:
        self.authenticate = Authenticate(
            users=self.stores.users,
            usernames=self.usernames,
            emails=self.emails,
            check=self.check_password,
            hasher=self.hasher,
            store=self.stores.store,
        )
        self._issuing()
        store, changes, clock = self.stores.store, self.signed_in, self.clock
        policy, tell = self.session_policy, self.tell
        self.refresh = RefreshSession(
            refresh_tokens=self.refresh_tokens,
            sessions=self.stores.signed_in,
            store=store,
            grant=granting(store, self.scopes),
            issue=self.issue_tokens,
            tell=tell,
            changes=changes,
            clock=clock,
            policy=policy,
        )
        self.list_sessions = ListSessions(store=store, devices=ParsedDeviceNames(), clock=clock)
        self.end_session = EndSession(store=store, tell=tell, changes=changes, clock=clock)
        self.end_others = EndOtherSessions(store=store, tell=tell, changes=changes, clock=clock)
        self.reauthenticate = Reauthenticate(
            users=self.stores.users,
            check=self.check_password,
            store=store,
            audit=an_audit(),
            changes=changes,
            clock=clock,
        )
        self.recent_sightings = RecentSightings(policy=policy)
        self.write_sightings = WriteSightings(
            recent=self.recent_sightings, sightings=self.stores.sightings
        )
        self.resolve = ResolveToken(
            verifier=self.verifier,
            signed_in=self.signed_in,
            reload_keys=self.reload_keys,
            sightings=self.recent_sightings,
            clock=clock,
        )

    def _issuing(self) -> None:
        policy = TokenPolicy(
            issuer="https://auth.example",
            audience="https://api.example",
            client_id="hexkey",
            lifetime=ACCESS_TOKEN_LIFETIME,
            scopes=self.scopes,
        )
        self.signer = PyJwtSigner(self.ring)
        self.verifier = RememberedTokens(
            PyJwtVerifier(self.ring, issuer=policy.issuer, audience=policy.audience), self.ring
        )
        self.issue_tokens = IssueTokens(
            signer=self.signer, refresh_tokens=self.refresh_tokens, ids=self.ids, policy=policy
        )
        self.sign_in = SignIn(
            authenticate=self.authenticate,
            store=self.stores.store,
            grant=granting(self.stores.store, self.scopes),
            issue=self.issue_tokens,
            devices=self.device_tokens,
            tell=self.tell,
            ids=self.ids,
            clock=self.clock,
            policy=self.session_policy,
        )


@dataclass(kw_only=True)
class MemoryDeployment(Deployment):
    """One in memory, whose adapters fail when they are told to."""

    stores: MemoryStores = field(default_factory=in_memory)
    hasher: QuickHasher = field(default_factory=QuickHasher)
