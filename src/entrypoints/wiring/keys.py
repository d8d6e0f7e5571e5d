"""Keys: making, rotating, publishing them."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.keys.generation import EnsureSigningKey
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import PublishKeys, ReloadKeys
from hexkey.application.keys.resealing import ResealKeys
from hexkey.application.keys.rotation import RetireKey, RotateKey, RotateKeysWhenDue
from hexkey.domain.keys import RotationPolicy
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.audit import AuditCases


class KeyCases(AuditCases):
    """What is done with the keys that sign."""

    settings = Adapters.settings

    reload_keys = providers.Singleton(
        ReloadKeys, store=Adapters.signing_keys, ring=Adapters.key_ring, clock=Adapters.clock
    )
    make_key = providers.Factory(MakeKey, maker=Adapters.key_maker, sealer=Adapters.key_sealer)
    ensure_signing_key = providers.Factory(
        EnsureSigningKey,
        store=Adapters.signing_keys,
        make=make_key,
        reload=reload_keys,
        audit=AuditCases.audit,
        clock=Adapters.clock,
        algorithm=settings.provided.signing_algorithm,
    )
    rotate_keys_when_due = providers.Factory(
        RotateKeysWhenDue,
        store=Adapters.signing_keys,
        make=make_key,
        reload=reload_keys,
        audit=AuditCases.audit,
        clock=Adapters.clock,
        algorithm=settings.provided.signing_algorithm,
        policy=providers.Callable(
            RotationPolicy.for_tokens,
            providers.Factory(timedelta, seconds=settings.provided.access_token_ttl),
            lifetime=providers.Factory(timedelta, seconds=settings.provided.signing_key_lifetime),
        ),
    )
    rotate_key = providers.Factory(
        RotateKey,
        store=Adapters.signing_keys,
        make=make_key,
        audit=AuditCases.audit,
        clock=Adapters.clock,
    )
    retire_key = providers.Factory(
        RetireKey, store=Adapters.signing_keys, audit=AuditCases.audit, clock=Adapters.clock
    )
    reseal_keys = providers.Factory(
        ResealKeys, store=Adapters.signing_keys, sealer=Adapters.key_sealer
    )
    publish_keys = providers.Factory(PublishKeys, ring=Adapters.key_ring, reload=reload_keys)
