"""Accounts: registering, their profiles and passwords, and those who watch over them."""

from dependency_injector import providers

from hexkey.application.accounts.administration import AddUser, EditUser
from hexkey.application.accounts.consequences import Consequences
from hexkey.application.accounts.finding import FindUser
from hexkey.application.accounts.listing import ListUsers, ReadUserFilter
from hexkey.application.accounts.mail_requests import RequestMail
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.accounts.password_change import (
    ChangePassword,
    ReplacePassword,
    SetPassword,
)
from hexkey.application.accounts.profile import ReadPublicProfile, UpdateProfile
from hexkey.application.accounts.registration import (
    RegisterUser,
    RegistrationMode,
    RegistrationPolicy,
)
from hexkey.application.accounts.supervision import (
    DisableUser,
    EnableUser,
    EndSessionsOf,
    EraseUser,
    GrantRole,
    RequirePasswordReset,
    RevokeRole,
    SuperviseUser,
)
from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.authentication.password_check import CheckPassword
from hexkey.domain.accounts.password import PasswordPolicy
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.audit import AuditCases
from hexkey.entrypoints.wiring.outbox import OutboxCases
from hexkey.entrypoints.wiring.throttle import ThrottleCases


class AccountCases(ThrottleCases):
    """What people and operators do with accounts."""

    settings = Adapters.settings

    new_passwords = providers.Factory(
        NewPasswords,
        policy=providers.Factory(
            PasswordPolicy,
            minimum=settings.provided.password_min_length,
            service_name=settings.provided.service_name,
        ),
        common=Adapters.common_passwords,
        breached=Adapters.breached_passwords,
        hasher=Adapters.password_hasher,
        refusals=AuditCases.refusals,
    )
    live_schemes = providers.Singleton(
        LiveSchemes, users=Adapters.users, hasher=Adapters.password_hasher, clock=Adapters.clock
    )
    check_password = providers.Factory(
        CheckPassword,
        hasher=Adapters.password_hasher,
        schemes=live_schemes,
        throttle=ThrottleCases.throttle,
        devices=Adapters.device_tokens,
    )
    request_mail = providers.Factory(
        RequestMail,
        store=Adapters.store,
        ids=Adapters.ids,
        secrets=Adapters.secrets,
        one_time_secrets=Adapters.one_time_secrets,
        clock=Adapters.clock,
    )
    registration_policy = providers.Factory(
        RegistrationPolicy,
        mode=providers.Callable(RegistrationMode, settings.provided.registration),
        username_required=settings.provided.username_required,
        email_required=settings.provided.email_required,
    )
    register_user = providers.Factory(
        RegisterUser,
        store=Adapters.store,
        usernames=Adapters.usernames,
        emails=Adapters.emails,
        passwords=new_passwords,
        request_mail=request_mail,
        tell=OutboxCases.tell,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=registration_policy,
    )
    update_profile = providers.Factory(
        UpdateProfile,
        store=Adapters.store,
        tell=OutboxCases.tell,
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
        ReplacePassword,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
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
    supervise_user = providers.Factory(
        SuperviseUser,
        store=Adapters.store,
        follow=providers.Factory(Consequences, tell=OutboxCases.tell, ids=Adapters.ids),
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    disable_user = providers.Factory(DisableUser, supervise=supervise_user)
    enable_user = providers.Factory(EnableUser, supervise=supervise_user)
    grant_role = providers.Factory(GrantRole, supervise=supervise_user)
    revoke_role = providers.Factory(RevokeRole, supervise=supervise_user)
    erase_user = providers.Factory(EraseUser, supervise=supervise_user)
    require_password_reset = providers.Factory(RequirePasswordReset, supervise=supervise_user)
    edit_user = providers.Factory(EditUser, supervise=supervise_user, profiles=update_profile)
    end_sessions_of = providers.Factory(
        EndSessionsOf,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    add_user = providers.Factory(
        AddUser,
        store=Adapters.store,
        usernames=Adapters.usernames,
        emails=Adapters.emails,
        tell=OutboxCases.tell,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=registration_policy,
    )
    read_user_filter = providers.Factory(
        ReadUserFilter, usernames=Adapters.usernames, emails=Adapters.emails
    )
