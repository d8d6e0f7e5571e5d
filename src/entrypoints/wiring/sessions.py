"""Sessions: signing in, staying signed in, resolving tokens, ending all that."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.access.authority import GrantScopes
from hexkey.application.authentication.authenticate import Authenticate
from hexkey.application.sessions.ending import EndOtherSessions, EndSession, ListSessions
from hexkey.application.sessions.following import FollowChanges
from hexkey.application.sessions.issuing import SignIn
from hexkey.application.sessions.reauthentication import Reauthenticate
from hexkey.application.sessions.refreshing import RefreshSession
from hexkey.application.sessions.resolving import ResolveToken
from hexkey.application.sessions.revocations import PublishRevocations, RevocationNews
from hexkey.application.sessions.sightings import RecentSightings, WriteSightings
from hexkey.application.sessions.tokens import IssueTokens, TokenPolicy
from hexkey.domain.sessions.session import SessionPolicy
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.accounts import AccountCases
from hexkey.entrypoints.wiring.keys import KeyCases
from hexkey.entrypoints.wiring.outbox import OutboxCases
from hexkey.entrypoints.wiring.recovery import RecoveryCases

CLIENT_ID = "hexkey"  # the `client_id` of tokens for an application's own users


class SessionCases(RecoveryCases):
    """What a sign-in begins."""

    settings = Adapters.settings

    authenticate = providers.Factory(
        Authenticate,
        users=Adapters.users,
        usernames=Adapters.usernames,
        emails=Adapters.emails,
        check=AccountCases.check_password,
        hasher=Adapters.password_hasher,
        store=Adapters.store,
    )
    session_policy = providers.Factory(
        SessionPolicy,
        idle=providers.Factory(timedelta, seconds=settings.provided.refresh_token_idle),
        absolute=providers.Factory(timedelta, seconds=settings.provided.refresh_token_ttl),
    )
    issue_tokens = providers.Factory(
        IssueTokens,
        signer=Adapters.signer,
        refresh_tokens=Adapters.refresh_tokens,
        ids=Adapters.ids,
        policy=providers.Factory(
            TokenPolicy,
            issuer=settings.provided.public_url,
            audience=settings.provided.token_audience,
            client_id=CLIENT_ID,
            lifetime=providers.Factory(timedelta, seconds=settings.provided.access_token_ttl),
            scopes=providers.Factory(frozenset, settings.provided.scopes),
        ),
    )
    grant_scopes = providers.Factory(
        GrantScopes,
        roles=Adapters.roles,
        known=providers.Factory(frozenset, settings.provided.scopes),
    )
    sign_in = providers.Factory(
        SignIn,
        grant=grant_scopes,
        tell=OutboxCases.tell,
        authenticate=authenticate,
        store=Adapters.store,
        issue=issue_tokens,
        devices=Adapters.device_tokens,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=session_policy,
    )
    refresh_session = providers.Factory(
        RefreshSession,
        grant=grant_scopes,
        tell=OutboxCases.tell,
        refresh_tokens=Adapters.refresh_tokens,
        sessions=Adapters.sessions,
        store=Adapters.store,
        issue=issue_tokens,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
        policy=session_policy,
    )
    list_sessions = providers.Factory(
        ListSessions, store=Adapters.store, devices=Adapters.device_names, clock=Adapters.clock
    )
    end_session = providers.Factory(
        EndSession,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    end_other_sessions = providers.Factory(
        EndOtherSessions,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    reauthenticate = providers.Factory(
        Reauthenticate,
        audit=OutboxCases.audit,
        users=Adapters.users,
        check=AccountCases.check_password,
        store=Adapters.store,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    recent_sightings = providers.Singleton(RecentSightings, policy=session_policy)
    write_sightings = providers.Factory(
        WriteSightings, recent=recent_sightings, sightings=Adapters.sightings
    )
    resolve_token = providers.Factory(
        ResolveToken,
        verifier=Adapters.verifier,
        signed_in=Adapters.signed_in,
        reload_keys=KeyCases.reload_keys,
        sightings=recent_sightings,
        clock=Adapters.clock,
    )
    revocation_news = providers.Singleton(RevocationNews, Adapters.signed_in)
    publish_revocations = providers.Singleton(
        PublishRevocations,
        revocations=Adapters.revocations,
        signer=Adapters.revocation_signer,
        news=revocation_news,
        clock=Adapters.clock,
        issuer=settings.provided.public_url,
        lifetime=providers.Factory(timedelta, seconds=settings.provided.access_token_ttl),
    )
    follow_changes = providers.Singleton(
        FollowChanges,
        log=Adapters.change_log,
        bell=Adapters.bell,
        memory=revocation_news,
        clock=Adapters.clock,
    )
