"""Which adapter serves which port: one attribute a port, chosen by the settings."""

from functools import partial

from dependency_injector import containers, providers

from hexkey.adapters.crypto.api_key_secrets import ChecksummedApiKeys
from hexkey.adapters.crypto.argon2_hasher import Argon2PasswordHasher
from hexkey.adapters.crypto.audit_seal import HmacChainSealer
from hexkey.adapters.crypto.bcrypt_hasher import BcryptPasswordHasher
from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.device_tokens import KeyedDeviceTokens
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.one_time_secrets import KeyedOneTimeSecrets
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.adapters.crypto.refresh_tokens import KeyedRefreshTokens
from hexkey.adapters.crypto.remembered_tokens import RememberedTokens
from hexkey.adapters.crypto.revocation_lists import JwsRevocationListSigner
from hexkey.adapters.crypto.setup_tokens import DerivedSetupTokens
from hexkey.adapters.crypto.system import SystemClock, SystemDice, SystemIds, SystemSecrets
from hexkey.adapters.crypto.webhook_secrets import SealedWebhookSecrets
from hexkey.adapters.mail.refusing_sender import RefusingSender
from hexkey.adapters.memory.access_directories import MemoryApiKeyDirectory, MemoryRoleDirectory
from hexkey.adapters.memory.arrivals import InProcessArrivals
from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.adapters.memory.change_log import MemoryChangeLog
from hexkey.adapters.memory.directories import MemorySignedInDirectory, MemoryUserDirectory
from hexkey.adapters.memory.expired_rows import MemoryExpiredRows
from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.leases import MemoryLeases
from hexkey.adapters.memory.outbox_archive import MemoryOutboxArchive
from hexkey.adapters.memory.outbox_queue import MemoryOutboxQueue
from hexkey.adapters.memory.revocations import MemoryRevocations
from hexkey.adapters.memory.sightings import MemorySessionSightings
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.adapters.memory.standby_counters import StandbyCounters
from hexkey.adapters.memory.storage import MemoryStorage
from hexkey.adapters.memory.store import MemoryStore
from hexkey.adapters.memory.webhook_endpoints import MemoryWebhookEndpoints
from hexkey.adapters.redis.change_bell import RedisBell
from hexkey.adapters.redis.failure_counters import RedisFailureCounters
from hexkey.adapters.sql.api_keys import SqlApiKeyDirectory
from hexkey.adapters.sql.audit_archive import SqlAuditArchive
from hexkey.adapters.sql.audit_chain import SqlAuditChain
from hexkey.adapters.sql.change_log import SqlChangeLog
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.expired_rows import SqlExpiredRows
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.leases import SqlLeases
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.revocations import SqlRevocations
from hexkey.adapters.sql.roles import SqlRoleDirectory
from hexkey.adapters.sql.sightings import SqlSessionSightings
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.storage import SqlStorage
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from hexkey.adapters.unicode.email_addresses import ValidatedAddresses
from hexkey.adapters.unicode.usernames import PrecisUsernames
from hexkey.adapters.useragent.device_names import ParsedDeviceNames
from hexkey.adapters.webhooks.http_sender import HttpWebhookSender
from hexkey.adapters.wordlist.common_passwords import PackedCommonPasswords
from hexkey.application.ports.changes import ChangeBell
from hexkey.entrypoints.alarms import LoggedAlarm
from hexkey.entrypoints.breach_adapters import breached_passwords
from hexkey.entrypoints.first_start import (
    begin_secret_rotation,
    database_url,
    master_secret,
    previous_master_secret,
)
from hexkey.entrypoints.mail_adapters import console_sender, file_sender, letters, smtp_sender
from hexkey.entrypoints.settings import Settings


def _postgres_bell(url: str) -> ChangeBell:
    # Imported when it is chosen: the driver is 4 MiB that a node on SQLite need not hold.
    from hexkey.adapters.sql.change_bell import PostgresBell  # noqa: PLC0415

    return PostgresBell(url)


class Adapters(containers.DeclarativeContainer):
    """What the outside world looks like to this deployment.

    Everything holds state or threads and exists once per container.
    """

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(SystemIds)
    secrets = providers.Singleton(SystemSecrets)
    dice = providers.Singleton(SystemDice)

    usernames = providers.Singleton(PrecisUsernames)
    emails = providers.Singleton(ValidatedAddresses)
    common_passwords = providers.Singleton(PackedCommonPasswords)
    breached_passwords = providers.Singleton(breached_passwords, settings)
    device_names = providers.Singleton(ParsedDeviceNames)

    hashing_pool = providers.Singleton(
        HashingPool, workers=settings.provided.hashing_threads, clock=clock
    )
    password_hasher = providers.Selector(
        settings.provided.password_hasher,
        bcrypt=providers.Singleton(
            BcryptPasswordHasher, pool=hashing_pool, cost=settings.provided.bcrypt_cost
        ),
        argon2id=providers.Singleton(Argon2PasswordHasher, pool=hashing_pool),
    )

    derived_keys = providers.Singleton(
        DerivedKeys,
        providers.Singleton(
            MasterSecret,
            providers.Callable(master_secret, settings, secrets),
            previous=providers.Callable(previous_master_secret, settings),
        ),
    )
    begin_secret_rotation = providers.Factory(partial, begin_secret_rotation, settings, secrets)
    key_sealer = providers.Singleton(KeySeal, derived_keys)
    key_maker = providers.Singleton(SealingKeyMaker, derived_keys)
    key_ring = providers.Singleton(
        UnsealedKeyRing, derived=derived_keys, algorithm=settings.provided.signing_algorithm
    )
    signer = providers.Singleton(PyJwtSigner, key_ring)
    revocation_signer = providers.Singleton(JwsRevocationListSigner, key_ring)
    verifier = providers.Singleton(
        RememberedTokens,
        providers.Singleton(
            PyJwtVerifier,
            key_ring,
            issuer=settings.provided.public_url,
            audience=settings.provided.token_audience,
        ),
        key_ring,
    )
    refresh_tokens = providers.Singleton(KeyedRefreshTokens, derived_keys)
    cursors = providers.Singleton(EncryptedCursors, derived_keys)
    one_time_secrets = providers.Singleton(KeyedOneTimeSecrets, derived_keys)
    device_tokens = providers.Singleton(KeyedDeviceTokens, derived_keys)
    webhook_secrets = providers.Singleton(SealedWebhookSecrets, derived_keys)

    chain_sealer = providers.Singleton(HmacChainSealer, derived_keys)

    api_key_secrets = providers.Singleton(ChecksummedApiKeys)
    setup_tokens = providers.Singleton(DerivedSetupTokens, derived_keys)

    letter_writer = providers.Singleton(letters, settings)
    mail_sender = providers.Selector(
        settings.provided.mail,
        smtp=providers.Singleton(smtp_sender, settings),
        file=providers.Singleton(file_sender, settings),
        console=providers.Singleton(console_sender),
        refusing=providers.Singleton(RefusingSender),
    )
    webhook_sender = providers.Singleton(
        HttpWebhookSender, loopback_allowed=settings.provided.in_development
    )

    engine = providers.Singleton(make_engine, providers.Callable(database_url, settings))
    arrivals = providers.Singleton(InProcessArrivals)
    memory = providers.Singleton(MemoryStore, arrivals)
    storage = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryStorage),
        sql=providers.Singleton(SqlStorage, engine, migrates_itself=settings.provided.embedded),
    )
    store = providers.Selector(
        settings.provided.storage,
        memory=memory,
        sql=providers.Singleton(SqlStore, engine, arrivals),
    )
    users = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryUserDirectory, memory),
        sql=providers.Singleton(SqlUserDirectory, engine),
    )
    failures = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryFailureCounters),
        sql=providers.Singleton(SqlFailureCounters, engine),
    )
    redis_failures = providers.Singleton(RedisFailureCounters, settings.provided.redis)
    shared_counters = providers.Selector(
        settings.provided.counters, storage=providers.Object(None), redis=redis_failures
    )
    counters = providers.Selector(
        settings.provided.counters,
        storage=failures,
        redis=providers.Singleton(StandbyCounters, redis_failures, failures, clock=clock),
    )
    process_requests = providers.Singleton(MemoryFailureCounters, most=100_000)
    requests = providers.Selector(  # never in the database: a limit must cost less than the request
        settings.provided.counters,
        storage=process_requests,
        redis=providers.Singleton(StandbyCounters, redis_failures, process_requests, clock=clock),
    )
    alarm = providers.Singleton(LoggedAlarm)
    signing_keys = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemorySigningKeyStore, memory),
        sql=providers.Singleton(SqlSigningKeyStore, engine),
    )
    sessions = providers.Selector(  # asked afresh each time; `signed_in` remembers
        settings.provided.storage,
        memory=providers.Singleton(MemorySignedInDirectory, memory),
        sql=providers.Singleton(SqlSignedInDirectory, engine),
    )
    sightings = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemorySessionSightings, memory),
        sql=providers.Singleton(SqlSessionSightings, engine),
    )
    bell = providers.Selector(
        settings.provided.bell,
        none=providers.Singleton(InProcessBell),
        postgresql=providers.Singleton(_postgres_bell, providers.Callable(database_url, settings)),
        redis=providers.Singleton(RedisBell, settings.provided.redis),
    )
    signed_in = providers.Singleton(RememberedSignedIn, sessions, clock=clock, bell=bell)
    change_log = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryChangeLog, memory),
        sql=providers.Singleton(SqlChangeLog, engine),
    )
    revocations = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryRevocations, memory),
        sql=providers.Singleton(SqlRevocations, engine),
    )
    expired_rows = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryExpiredRows, memory, failures, signing_keys),
        sql=providers.Singleton(SqlExpiredRows, engine),
    )
    leases = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryLeases),
        sql=providers.Singleton(SqlLeases, engine),
    )
    outbox_queue = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryOutboxQueue, memory),
        sql=providers.Singleton(SqlOutboxQueue, engine),
    )
    outbox_archive = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryOutboxArchive, memory),
        sql=providers.Singleton(SqlOutboxArchive, engine),
    )
    audit_archive = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryAuditArchive, memory),
        sql=providers.Singleton(SqlAuditArchive, engine),
    )
    audit_chain = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryAuditChain, memory),
        sql=providers.Singleton(SqlAuditChain, engine),
    )
    webhook_endpoints = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryWebhookEndpoints, memory),
        sql=providers.Singleton(SqlWebhookEndpoints, engine),
    )
    roles = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryRoleDirectory, memory),
        sql=providers.Singleton(SqlRoleDirectory, engine),
    )
    api_keys = providers.Selector(
        settings.provided.storage,
        memory=providers.Singleton(MemoryApiKeyDirectory, memory),
        sql=providers.Singleton(SqlApiKeyDirectory, engine),
    )
