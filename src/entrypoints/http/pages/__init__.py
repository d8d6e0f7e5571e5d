"""The pages to which mailed links lead: forms that need no script, no cookie and no other host."""

from hexkey.entrypoints.http.pages import (
    buttons,
    done,
    invitation,
    password_reset,
    verification,
)

ROUTERS = (
    verification.router,
    password_reset.router,
    buttons.router,
    invitation.router,
    done.router,
)
