"""Reading a long list page by page."""

from typing import ClassVar

from hexkey.domain.errors import HexkeyError

MAX_PAGE = 100
DEFAULT_PAGE = 20


class InvalidCursor(HexkeyError):
    """The cursor was not given out by us, or for another list."""

    code: ClassVar[str] = "invalid_cursor"
    message: ClassVar[str] = "The cursor is not valid. Start again without one."
