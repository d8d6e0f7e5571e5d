"""Refusals that only HTTP knows: the request itself is not acceptable."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from hexkey.domain.authentication.request_limits import RequestKind
from hexkey.domain.errors import HexkeyError


class MalformedRequest(HexkeyError):
    """The request, mostly its body, cannot be read, or not in one way only."""

    code: ClassVar[str] = "malformed_request"
    message: ClassVar[str] = "The request is malformed."


class UnsupportedMediaType(HexkeyError):
    """The body is of another media type than the endpoint takes, or compressed."""

    code: ClassVar[str] = "unsupported_media_type"
    message: ClassVar[str] = "The media type of the request body is not supported here."


class ContentTooLarge(HexkeyError):
    """The body is larger than any request needs."""

    code: ClassVar[str] = "content_too_large"
    message: ClassVar[str] = "The request body is too large."


class HeadersTooLarge(HexkeyError):
    """The header block is larger than any request needs."""

    code: ClassVar[str] = "headers_too_large"
    message: ClassVar[str] = "The request headers are too large."


class HostNotAllowed(HexkeyError):
    """The request is for another host, or for none or several."""

    code: ClassVar[str] = "host_not_allowed"
    message: ClassVar[str] = (
        "This service does not answer to that host name. "
        "Its operator can allow it with HEXKEY_ALLOWED_HOSTS."
    )


class NotAuthenticated(HexkeyError):
    """A credential is needed and none was sent."""

    code: ClassVar[str] = "not_authenticated"
    message: ClassVar[str] = "Not authenticated"


class AccountLeaving(HexkeyError):
    """The caller has asked for erasure, and may only look, restore the account or sign out."""

    code: ClassVar[str] = "account_leaving"
    message: ClassVar[str] = "This account is about to be erased. Restore it first."


class ForeignRequest(HexkeyError):
    """A form was sent by another site's page, or nobody can say by whose."""

    code: ClassVar[str] = "foreign_request"
    message: ClassVar[str] = "This form was not sent from our own page."


class NothingHere(HexkeyError):
    """No such path."""

    code: ClassVar[str] = "not_found"
    message: ClassVar[str] = "There is nothing here."


class MethodNotAllowed(HexkeyError):
    """The path exists, but not for this method."""

    code: ClassVar[str] = "method_not_allowed"
    message: ClassVar[str] = "This method is not allowed here."


class InvalidRequest(HexkeyError):
    """Fields are missing, unknown, or of the wrong type or size; `errors` says which."""

    code: ClassVar[str] = "validation_error"
    message: ClassVar[str] = "The request is not valid."


class TooManyRequests(HexkeyError):
    """The network has used up what a class of requests allows.

    Attributes:
        kind: of the requests that are limited together.
        retry_after: until the next one is served.
        headers: what tells the client of its limit.
    """

    code: ClassVar[str] = "too_many_requests"
    message: ClassVar[str] = "Too many requests. Wait before you try again."

    def __init__(
        self, *, kind: RequestKind, retry_after: timedelta, headers: Mapping[str, str]
    ) -> None:
        super().__init__()
        self.kind = kind
        self.retry_after = retry_after
        self.headers = headers


class InternalError(HexkeyError):
    """A defect of ours; the log knows more under the request id."""

    code: ClassVar[str] = "internal_error"
    message: ClassVar[str] = "Something went wrong on our side."
