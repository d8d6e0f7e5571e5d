"""Adapters → use cases: one attribute a use case, and no logic."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.accounts.finding import FindUser
from hexkey.application.accounts.listing import ListUsers
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.accounts.password_change import (
    ChangePassword,
    ReplacePassword,
    SetPassword,
)
from hexkey.application.accounts.profile import ReadPublicProfile, UpdateProfile
from hexkey.application.accounts.registration import RegisterUser, RegistrationPolicy
from hexkey.application.accounts.supervision import DisableUser, EnableUser, GrantRole
from hexkey.application.authentication.authenticate import Authenticate
from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.authentication.password_check import CheckPassword
from hexkey.application.authentication.uncounted_guesses import UncountedGuesses
from hexkey.application.keys.generation import EnsureSigningKey
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import PublishKeys, ReloadKeys
from hexkey.application.keys.resealing import ResealKeys
from hexkey.application.keys.rotation import RetireKey, RotateKey, RotateKeysWhenDue
from hexkey.application.maintenance import PruneExpired, RetentionPolicy
from hexkey.application.sessions.ending import EndOtherSessions, EndSession, ListSessions
from hexkey.application.sessions.following import FollowChanges
from hexkey.application.sessions.issuing import SignIn
from hexkey.application.sessions.reauthentication import Reauthenticate
from hexkey.application.sessions.refreshing import RefreshSession
from hexkey.application.sessions.resolving import ResolveToken
from hexkey.application.sessions.revocations import PublishRevocations, RevocationNews
from hexkey.application.sessions.sightings import RecentSightings, WriteSightings
from hexkey.application.sessions.tokens import IssueTokens, TokenPolicy
from hexkey.domain.accounts.password import PasswordPolicy
from hexkey.domain.keys import RotationPolicy
from hexkey.domain.sessions.session import SessionPolicy
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.background import (
    KEYS_EVERY,
    PRUNE_EVERY,
    RELOAD_EVERY,
    SIGHTINGS_EVERY,
    Background,
    Chore,
)
from hexkey.entrypoints.foreign_adapters import install_foreign_adapters
from hexkey.entrypoints.readiness import Readiness
from hexkey.entrypoints.settings import Settings

CLIENT_ID = "hexkey"  # the `client_id` of tokens for an application's own users


class Container(Adapters):
    """Every use case of this deployment, ready to be called."""

    settings = Adapters.settings

    new_passwords = providers.Factory(
        NewPasswords,
        policy=providers.Factory(
            PasswordPolicy,
            minimum=settings.provided.password_min_length,
            service_name=settings.provided.service_name,
        ),
        common=Adapters.common_passwords,
        hasher=Adapters.password_hasher,
    )
    live_schemes = providers.Singleton(
        LiveSchemes, users=Adapters.users, hasher=Adapters.password_hasher, clock=Adapters.clock
    )
    uncounted_guesses = providers.Singleton(
        UncountedGuesses, failures=Adapters.failures, clock=Adapters.clock
    )
    check_password = providers.Factory(
        CheckPassword,
        hasher=Adapters.password_hasher,
        schemes=live_schemes,
        failures=Adapters.failures,
        uncounted=uncounted_guesses,
        clock=Adapters.clock,
    )
    reload_keys = providers.Singleton(
        ReloadKeys, store=Adapters.signing_keys, ring=Adapters.key_ring, clock=Adapters.clock
    )

    registration_policy = providers.Factory(
        RegistrationPolicy,
        open=settings.provided.registration_open,
        username_required=settings.provided.username_required,
        email_required=settings.provided.email_required,
    )
    register_user = providers.Factory(
        RegisterUser,
        store=Adapters.store,
        usernames=Adapters.usernames,
        emails=Adapters.emails,
        passwords=new_passwords,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=registration_policy,
    )
    update_profile = providers.Factory(
        UpdateProfile,
        store=Adapters.store,
        usernames=Adapters.usernames,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
        policy=registration_policy,
    )
    read_public_profile = providers.Factory(ReadPublicProfile, users=Adapters.users)
    find_user = providers.Factory(
        FindUser, users=Adapters.users, usernames=Adapters.usernames, emails=Adapters.emails
    )
    list_users = providers.Factory(ListUsers, users=Adapters.users, cursors=Adapters.cursors)

    replace_password = providers.Factory(
        ReplacePassword, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )
    change_password = providers.Factory(
        ChangePassword,
        users=Adapters.users,
        check=check_password,
        passwords=new_passwords,
        replace=replace_password,
    )
    set_password = providers.Factory(
        SetPassword, users=Adapters.users, passwords=new_passwords, replace=replace_password
    )

    disable_user = providers.Factory(
        DisableUser, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )
    enable_user = providers.Factory(
        EnableUser, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )
    grant_role = providers.Factory(
        GrantRole, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )

    authenticate = providers.Factory(
        Authenticate,
        users=Adapters.users,
        usernames=Adapters.usernames,
        emails=Adapters.emails,
        check=check_password,
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
    sign_in = providers.Factory(
        SignIn,
        authenticate=authenticate,
        store=Adapters.store,
        issue=issue_tokens,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=session_policy,
    )
    refresh_session = providers.Factory(
        RefreshSession,
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
        EndSession, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )
    end_other_sessions = providers.Factory(
        EndOtherSessions, store=Adapters.store, changes=Adapters.signed_in, clock=Adapters.clock
    )
    reauthenticate = providers.Factory(
        Reauthenticate,
        users=Adapters.users,
        check=check_password,
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
        reload_keys=reload_keys,
        sightings=recent_sightings,
        clock=Adapters.clock,
    )

    make_key = providers.Factory(MakeKey, maker=Adapters.key_maker, sealer=Adapters.key_sealer)
    ensure_signing_key = providers.Factory(
        EnsureSigningKey,
        store=Adapters.signing_keys,
        make=make_key,
        reload=reload_keys,
        clock=Adapters.clock,
        algorithm=settings.provided.signing_algorithm,
    )
    rotate_keys_when_due = providers.Factory(
        RotateKeysWhenDue,
        store=Adapters.signing_keys,
        make=make_key,
        reload=reload_keys,
        clock=Adapters.clock,
        algorithm=settings.provided.signing_algorithm,
        policy=providers.Callable(
            RotationPolicy.for_tokens,
            providers.Factory(timedelta, seconds=settings.provided.access_token_ttl),
            lifetime=providers.Factory(timedelta, seconds=settings.provided.signing_key_lifetime),
        ),
    )
    rotate_key = providers.Factory(
        RotateKey, store=Adapters.signing_keys, make=make_key, clock=Adapters.clock
    )
    retire_key = providers.Factory(RetireKey, store=Adapters.signing_keys, clock=Adapters.clock)
    reseal_keys = providers.Factory(
        ResealKeys, store=Adapters.signing_keys, sealer=Adapters.key_sealer
    )
    publish_keys = providers.Factory(PublishKeys, ring=Adapters.key_ring, reload=reload_keys)
    readiness = providers.Factory(Readiness, storage=Adapters.storage, ring=Adapters.key_ring)

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
    prune_expired = providers.Factory(
        PruneExpired,
        expired=Adapters.expired_rows,
        leases=Adapters.leases,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=providers.Factory(
            RetentionPolicy,
            sessions=providers.Factory(timedelta, seconds=settings.provided.session_retention),
        ),
    )
    background = providers.Singleton(
        Background,
        providers.List(
            providers.Factory(Chore, "following changes", follow_changes, timedelta(seconds=1)),
            providers.Factory(Chore, "rotating keys", rotate_keys_when_due, KEYS_EVERY),
            providers.Factory(
                Chore, "reloading keys", reload_keys.provided.if_usable, RELOAD_EVERY
            ),
            providers.Factory(
                Chore, "writing sightings", write_sightings, SIGHTINGS_EVERY, at_the_end=True
            ),
            providers.Factory(Chore, "pruning", prune_expired, PRUNE_EVERY),
        ),
    )


def build_container(settings: Settings) -> Container:
    """The container for `settings`, with the adapters of other packages that they name.

    Raises:
        BadConfiguration: if an adapter that is named cannot be found.
    """
    container = Container(settings=settings)
    install_foreign_adapters(container, settings)
    return container
