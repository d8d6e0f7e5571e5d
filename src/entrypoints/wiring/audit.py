"""The audit trail: what fills it, chains it, reads it and forgets."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.audit.recording import Audit
from hexkey.application.audit.refusals import Refusals
from hexkey.application.audit.retention import PruneAuditTrail
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.application.audit.searching import ExplainRequest, SearchAuditTrail
from hexkey.application.audit.starting import NoteStart
from hexkey.application.audit.verifying import VerifyAuditTrail
from hexkey.entrypoints.adapter_catalog import Adapters


class AuditCases(Adapters):
    """Knowing afterwards who did what."""

    settings = Adapters.settings

    audit = providers.Factory(Audit, ids=Adapters.ids)
    refusals = providers.Singleton(
        Refusals, archive=Adapters.audit_archive, audit=audit, clock=Adapters.clock
    )
    seal_audit_trail = providers.Factory(
        SealAuditTrail,
        chain=Adapters.audit_chain,
        sealer=Adapters.chain_sealer,
        clock=Adapters.clock,
    )
    verify_audit_trail = providers.Factory(
        VerifyAuditTrail,
        chain=Adapters.audit_chain,
        sealer=Adapters.chain_sealer,
        clock=Adapters.clock,
    )
    prune_audit_trail = providers.Factory(
        PruneAuditTrail,
        chain=Adapters.audit_chain,
        sealer=Adapters.chain_sealer,
        archive=Adapters.audit_archive,
        audit=audit,
        clock=Adapters.clock,
        keep=providers.Factory(timedelta, seconds=settings.provided.audit_retention),
    )
    search_audit_trail = providers.Factory(
        SearchAuditTrail,
        archive=Adapters.audit_archive,
        cursors=Adapters.cursors,
        audit=audit,
        clock=Adapters.clock,
    )
    explain_request = providers.Factory(
        ExplainRequest, archive=Adapters.audit_archive, audit=audit, clock=Adapters.clock
    )
    note_start = providers.Factory(
        NoteStart,
        archive=Adapters.audit_archive,
        waiting=refusals,
        audit=audit,
        clock=Adapters.clock,
    )
