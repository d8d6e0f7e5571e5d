"""The shapes of requests and answers that are about mail, and what it allows."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from hexkey.entrypoints.http.schemas import Body, Line, Secret

_ADDRESS: JsonDict = {"email": "alice@example.com"}
_LINK: JsonDict = {"token": "hxk_ot_…"}
_CODE: JsonDict = {**_ADDRESS, "code": "123456"}
_NEW_PASSWORD: JsonDict = {"new_password": "staple battery horse"}

MailedSecret = Annotated[Secret, StringConstraints(max_length=256)]


class MailRequest(Body):
    """Where to send a mail."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADDRESS]})

    email: Line


class MailedToken(Body):
    """What the link in a mail carried."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINK]})

    token: MailedSecret


class MailedProof(Body):
    """What a mail carried: the `token` of its link, or the `code`, with the address it went to."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINK, {**_CODE, "flow": "hxk_…"}]})

    token: MailedSecret | None = None
    email: Line | None = None
    code: Line | None = None
    flow: MailedSecret | None = Field(
        default=None, description="What whoever asked for the mail was given."
    )

    @model_validator(mode="after")
    def _is_one_proof(self) -> Self:
        with_code = (self.email is not None, self.code is not None)
        by_link = self.token is not None and not any((*with_code, self.flow is not None))
        by_code = self.token is None and all(with_code)
        if not (by_link or by_code):
            raise PydanticCustomError("one_proof", "Give `token`, or `email` and `code`")
        return self


class PasswordReset(MailedProof):
    """The proof, and the password to use from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_LINK, **_NEW_PASSWORD},
                {**_CODE, "flow": "hxk_…", **_NEW_PASSWORD},
            ]
        }
    )

    new_password: Secret


class AcceptedInvitation(Body):
    """The token of an invitation, and the account that is to begin."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_LINK, "username": "alice", "password": "correct horse battery"},
            ]
        }
    )

    token: MailedSecret
    username: Line | None = None
    password: Secret
    full_name: Line | None = None


class Accepted(BaseModel):
    """A mail is on its way, if there is anything to send."""

    detail: str = Field(examples=["If this is possible, a mail is on its way."])


class MailAsked(Accepted):
    """A mail is on its way, if there is anything to send; the answer never tells."""

    flow: str = Field(
        description="Shows, together with a code, that it is typed where it was asked for.",
        examples=["hxk_…"],
    )


class Leaving(BaseModel):
    """The account is going to be erased."""

    erase_at: datetime = Field(examples=["2026-01-15T12:00:00.000Z"])
