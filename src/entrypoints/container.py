"""The whole deployment: adapters, use cases, and what goes on beside the requests."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.audit.refusals import WRITE_EVERY
from hexkey.application.audit.sealing import SEAL_EVERY
from hexkey.application.maintenance import PruneExpired, RetentionPolicy
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.background import (
    ERASE_EVERY,
    KEYS_EVERY,
    PRUNE_EVERY,
    RELOAD_EVERY,
    SIGHTINGS_EVERY,
    Background,
    Chore,
    beside_requests,
)
from hexkey.entrypoints.foreign_adapters import install_foreign_adapters
from hexkey.entrypoints.readiness import Readiness
from hexkey.entrypoints.settings import Settings
from hexkey.entrypoints.wiring.access import AccessCases
from hexkey.entrypoints.wiring.audit import AuditCases
from hexkey.entrypoints.wiring.keys import KeyCases
from hexkey.entrypoints.wiring.outbox import OutboxCases
from hexkey.entrypoints.wiring.recovery import RecoveryCases
from hexkey.entrypoints.wiring.sessions import SessionCases


class Container(AccessCases):
    """Every use case of this deployment, ready to be called."""

    settings = Adapters.settings

    readiness = providers.Factory(
        Readiness,
        storage=Adapters.storage,
        ring=Adapters.key_ring,
        outbox=OutboxCases.read_outbox_state,
        clock=Adapters.clock,
        redis=Adapters.shared_counters,
    )
    prune_expired = providers.Factory(
        PruneExpired,
        expired=Adapters.expired_rows,
        keys=Adapters.api_keys,
        leases=Adapters.leases,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=providers.Factory(
            RetentionPolicy,
            sessions=providers.Factory(timedelta, seconds=settings.provided.session_retention),
        ),
    )

    chores = providers.List(
        providers.Factory(
            Chore, "following changes", SessionCases.follow_changes, timedelta(seconds=1)
        ),
        providers.Factory(Chore, "rotating keys", KeyCases.rotate_keys_when_due, KEYS_EVERY),
        providers.Factory(
            Chore, "reloading keys", KeyCases.reload_keys.provided.if_usable, RELOAD_EVERY
        ),
        providers.Factory(
            Chore,
            "writing sightings",
            SessionCases.write_sightings,
            SIGHTINGS_EVERY,
            at_the_end=True,
        ),
        providers.Factory(
            Chore,
            "writing uses of keys",
            AccessCases.write_key_uses,
            SIGHTINGS_EVERY,
            at_the_end=True,
        ),
        providers.Factory(Chore, "pruning", prune_expired, PRUNE_EVERY),
        providers.Factory(
            Chore,
            "writing refusals",
            AuditCases.refusals.provided.write,
            WRITE_EVERY,
            at_the_end=True,
        ),
        providers.Factory(
            Chore,
            "sealing the audit trail",
            AuditCases.seal_audit_trail,
            SEAL_EVERY,
            at_the_end=True,
        ),
        providers.Factory(
            Chore, "pruning the audit trail", AuditCases.prune_audit_trail, PRUNE_EVERY
        ),
    )
    errands = providers.List(
        providers.Factory(
            Chore, "sending mail", OutboxCases.deliver_mail.provided.run, timedelta(seconds=1)
        ),
        providers.Factory(
            Chore,
            "calling webhooks",
            OutboxCases.deliver_webhooks.provided.run,
            timedelta(seconds=1),
        ),
        providers.Factory(Chore, "erasing accounts", RecoveryCases.erase_due, ERASE_EVERY),
    )
    background = providers.Singleton(
        Background,
        providers.Callable(beside_requests, chores, errands, errands_too=settings.provided.worker),
    )
    worker = providers.Singleton(Background, errands)


def build_container(settings: Settings) -> Container:
    """The container for `settings`, with the adapters of other packages that they name.

    Raises:
        BadConfiguration: if an adapter that is named cannot be found.
    """
    container = Container(settings=settings)
    install_foreign_adapters(container, settings)
    return container
