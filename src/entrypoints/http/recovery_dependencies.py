"""How a route gets the use cases of verification, recovery, change, deletion and invitation."""

from typing import Annotated

from fastapi import Depends

from hexkey.application.accounts.deletion import (
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
from hexkey.application.accounts.invitation import AcceptInvitation
from hexkey.application.accounts.looking import LookAtToken
from hexkey.application.accounts.mail_requests import AskForMail
from hexkey.application.accounts.password_reset import ResetPassword
from hexkey.entrypoints.http.dependencies import use

AskVerification = Annotated[AskForMail, Depends(use(lambda c: c.request_email_verification()))]
Confirm = Annotated[ConfirmEmail, Depends(use(lambda c: c.confirm_email()))]
Disown = Annotated[DisownEmail, Depends(use(lambda c: c.disown_email()))]
AskReset = Annotated[AskForMail, Depends(use(lambda c: c.request_password_reset()))]
Reset = Annotated[ResetPassword, Depends(use(lambda c: c.reset_password()))]
AskEmailChange = Annotated[RequestEmailChange, Depends(use(lambda c: c.request_email_change()))]
ConfirmChange = Annotated[ConfirmEmailChange, Depends(use(lambda c: c.confirm_email_change()))]
UndoChange = Annotated[UndoEmailChange, Depends(use(lambda c: c.undo_email_change()))]
Leave = Annotated[ScheduleDeletion, Depends(use(lambda c: c.schedule_deletion()))]
Restore = Annotated[RestoreAccount, Depends(use(lambda c: c.restore_account()))]
RestoreByToken = Annotated[
    RestoreAccountByToken, Depends(use(lambda c: c.restore_account_by_token()))
]
Export = Annotated[ExportAccount, Depends(use(lambda c: c.export_account()))]
Accept = Annotated[AcceptInvitation, Depends(use(lambda c: c.accept_invitation()))]
LookAt = Annotated[LookAtToken, Depends(use(lambda c: c.look_at_token()))]
