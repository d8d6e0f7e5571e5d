"""The throttle: what is counted where, the rules, and who hears of attacks."""

from dependency_injector import providers

from hexkey.application.authentication.request_limits import LimitRequests
from hexkey.application.authentication.throttling import Throttle
from hexkey.application.authentication.watching import WatchFailures
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.audit import AuditCases
from hexkey.entrypoints.wiring.outbox import OutboxCases


class ThrottleCases(OutboxCases):
    """What stands before every comparison with a secret."""

    settings = Adapters.settings

    watch_failures = providers.Singleton(
        WatchFailures,
        alarm=Adapters.alarm,
        archive=Adapters.audit_archive,
        audit=AuditCases.audit,
        policy=settings.provided.throttle_policy,
        clock=Adapters.clock,
    )
    limit_requests = providers.Singleton(
        LimitRequests,
        counters=Adapters.requests,
        policy=settings.provided.request_policy,
        clock=Adapters.clock,
    )
    throttle = providers.Singleton(
        Throttle,
        counters=Adapters.counters,
        policy=settings.provided.throttle_policy,
        watch=watch_failures,
        clock=Adapters.clock,
    )
