"""What every refusal has in common."""

from datetime import timedelta
from typing import ClassVar


class HexkeyError(Exception):
    """A refusal: something Hexkey was asked for and will not do.

    Each kind is a class of its own that lives beside the code that raises it.

    Attributes:
        code: a stable snake_case word for programs; part of the public contract.
        message: one sentence for the caller; never contains what the caller sent.
    """

    code: ClassVar[str]
    message: ClassVar[str]

    def __str__(self) -> str:
        return self.message


class TemporarilyUnavailable(HexkeyError):
    """Nothing is wrong with the request; the same one may succeed later.

    Attributes:
        retry_after: how long the caller should wait before trying again.
    """

    code: ClassVar[str] = "service_unavailable"
    message: ClassVar[str] = "The service cannot do this right now. Try again in a moment."

    def __init__(self, *, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__()
        self.retry_after = retry_after
