"""An account's way through the mail: verification, recovery, change, deletion, invitation."""

from datetime import timedelta

from dependency_injector import providers

from hexkey.application.accounts.deletion import (
    EraseDue,
    RestoreAccount,
    RestoreAccountByToken,
    ScheduleDeletion,
)
from hexkey.application.accounts.email_change import (
    ConfirmEmailChange,
    RequestEmailChange,
    UndoEmailChange,
)
from hexkey.application.accounts.email_verification import (
    ConfirmEmail,
    DisownEmail,
)
from hexkey.application.accounts.export import ExportAccount
from hexkey.application.accounts.invitation import AcceptInvitation, InviteUser
from hexkey.application.accounts.looking import LookAtToken, TryCode
from hexkey.application.accounts.mail_requests import AskForMail, RequestKind
from hexkey.application.accounts.password_reset import ResetPassword
from hexkey.domain.sessions.access_token import CLOCK_SKEW
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.accounts import AccountCases
from hexkey.entrypoints.wiring.outbox import OutboxCases


class RecoveryCases(AccountCases):
    """What a mailed link or code allows, and what asks for one."""

    settings = Adapters.settings

    look_at_token = providers.Factory(
        LookAtToken,
        store=Adapters.store,
        users=Adapters.users,
        secrets=Adapters.one_time_secrets,
        clock=Adapters.clock,
    )
    try_code = providers.Factory(
        TryCode,
        store=Adapters.store,
        emails=Adapters.emails,
        secrets=Adapters.one_time_secrets,
        clock=Adapters.clock,
    )

    request_email_verification = providers.Factory(
        AskForMail,
        kind=RequestKind.VERIFICATION,
        request_mail=AccountCases.request_mail,
        emails=Adapters.emails,
    )
    confirm_email = providers.Factory(
        ConfirmEmail,
        store=Adapters.store,
        look=look_at_token,
        try_code=try_code,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        ids=Adapters.ids,
        clock=Adapters.clock,
    )
    disown_email = providers.Factory(
        DisownEmail,
        store=Adapters.store,
        look=look_at_token,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    request_password_reset = providers.Factory(
        AskForMail,
        kind=RequestKind.PASSWORD_RESET,
        request_mail=AccountCases.request_mail,
        emails=Adapters.emails,
    )
    reset_password = providers.Factory(
        ResetPassword,
        store=Adapters.store,
        users=Adapters.users,
        look=look_at_token,
        try_code=try_code,
        passwords=AccountCases.new_passwords,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    request_email_change = providers.Factory(
        RequestEmailChange,
        store=Adapters.store,
        request_mail=AccountCases.request_mail,
        emails=Adapters.emails,
    )
    confirm_email_change = providers.Factory(
        ConfirmEmailChange,
        store=Adapters.store,
        look=look_at_token,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    undo_email_change = providers.Factory(
        UndoEmailChange,
        store=Adapters.store,
        look=look_at_token,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        ids=Adapters.ids,
        clock=Adapters.clock,
    )

    schedule_deletion = providers.Factory(
        ScheduleDeletion,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
        grace=providers.Factory(timedelta, seconds=settings.provided.deletion_grace),
    )
    restore_account = providers.Factory(
        RestoreAccount,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    restore_account_by_token = providers.Factory(
        RestoreAccountByToken,
        store=Adapters.store,
        look=look_at_token,
        restore=restore_account,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
    )
    erase_due = providers.Factory(
        EraseDue,
        store=Adapters.store,
        tell=OutboxCases.tell,
        changes=Adapters.signed_in,
        clock=Adapters.clock,
        heard_of_after=providers.Callable(
            CLOCK_SKEW.__add__,
            providers.Factory(timedelta, seconds=settings.provided.access_token_ttl),
        ),
    )
    export_account = providers.Factory(
        ExportAccount, store=Adapters.store, audit=OutboxCases.audit, clock=Adapters.clock
    )

    invite_user = providers.Factory(
        InviteUser,
        store=Adapters.store,
        emails=Adapters.emails,
        ids=Adapters.ids,
        clock=Adapters.clock,
    )
    accept_invitation = providers.Factory(
        AcceptInvitation,
        store=Adapters.store,
        look=look_at_token,
        usernames=Adapters.usernames,
        passwords=AccountCases.new_passwords,
        tell=OutboxCases.tell,
        ids=Adapters.ids,
        clock=Adapters.clock,
        policy=AccountCases.registration_policy,
    )
