"""Roles, the first administrator, and API keys."""

from dependency_injector import providers

from hexkey.application.access.authority import ReadAuthority
from hexkey.application.access.roles import DefineRole, ListRoles, RemoveRole
from hexkey.application.accounts.setup import ReadSetupToken, SetUp
from hexkey.application.audit.recording import Audit
from hexkey.application.sessions.api_keys import (
    ListApiKeys,
    MakeApiKey,
    ReadKeyScopes,
    RecentKeyUses,
    ResolveApiKey,
    RevokeApiKey,
    WriteKeyUses,
)
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.accounts import AccountCases
from hexkey.entrypoints.wiring.outbox import OutboxCases
from hexkey.entrypoints.wiring.sessions import SessionCases


class AccessCases(SessionCases):
    """Who may do what, and in whose name."""

    settings = Adapters.settings

    audit_access = providers.Factory(Audit, ids=Adapters.ids)
    read_authority = providers.Factory(ReadAuthority, roles=Adapters.roles)
    list_roles = providers.Factory(ListRoles, roles=Adapters.roles)
    define_role = providers.Factory(
        DefineRole, store=Adapters.store, audit=audit_access, clock=Adapters.clock
    )
    remove_role = providers.Factory(
        RemoveRole, store=Adapters.store, audit=audit_access, clock=Adapters.clock
    )

    read_setup_token = providers.Factory(
        ReadSetupToken, store=Adapters.store, tokens=Adapters.setup_tokens
    )
    set_up = providers.Factory(
        SetUp,
        store=Adapters.store,
        tokens=Adapters.setup_tokens,
        usernames=Adapters.usernames,
        passwords=AccountCases.new_passwords,
        audit=audit_access,
        tell=OutboxCases.tell,
        ids=Adapters.ids,
        clock=Adapters.clock,
    )

    make_api_key = providers.Factory(
        MakeApiKey,
        store=Adapters.store,
        secrets=Adapters.api_key_secrets,
        audit=audit_access,
        ids=Adapters.ids,
        clock=Adapters.clock,
        open_scopes=providers.Factory(frozenset, settings.provided.scopes),
    )
    list_api_keys = providers.Factory(ListApiKeys, store=Adapters.store, clock=Adapters.clock)
    revoke_api_key = providers.Factory(
        RevokeApiKey, store=Adapters.store, audit=audit_access, clock=Adapters.clock
    )
    read_key_scopes = providers.Factory(ReadKeyScopes, grant=SessionCases.grant_scopes)
    recent_key_uses = providers.Singleton(RecentKeyUses)
    write_key_uses = providers.Factory(WriteKeyUses, recent=recent_key_uses, keys=Adapters.api_keys)
    resolve_api_key = providers.Factory(
        ResolveApiKey,
        secrets=Adapters.api_key_secrets,
        keys=Adapters.api_keys,
        recent=recent_key_uses,
        clock=Adapters.clock,
    )
