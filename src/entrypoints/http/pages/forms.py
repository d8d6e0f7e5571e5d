"""What the forms send; further fields are ignored, and a page that was opened late still works."""

from pydantic import BaseModel

from hexkey.entrypoints.http.recovery_schemas import MailedSecret
from hexkey.entrypoints.http.schemas import Line, Secret


class TokenForm(BaseModel):
    """One button, and the token of the link."""

    token: MailedSecret


class AddressForm(BaseModel):
    """Where to send a mail."""

    email: Line


class ProofForm(BaseModel):
    """The token of the link, or a code that was typed where the mail was asked for."""

    token: MailedSecret | None = None
    email: Line = ""
    code: Line = ""
    flow: MailedSecret = ""

    def proof(self) -> dict[str, str]:
        """What a use case takes it as; people type codes with spaces."""
        if self.token is not None:
            return {"token": self.token}
        return {"email": self.email, "code": "".join(self.code.split()), "flow": self.flow}


class NewPasswordForm(ProofForm):
    """The same, and the password to use from now on."""

    new_password: Secret


class InvitationForm(TokenForm):
    """The token of an invitation, and the account that is to begin; empty is left out."""

    username: Line = ""
    full_name: Line = ""
    password: Secret
