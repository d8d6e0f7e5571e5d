"""Page tokens: how far a caller has read, in a form that only we can write."""

from typing import Protocol


class CursorSealer(Protocol):
    """Makes positions in a list opaque and unforgeable."""

    def seal(self, position: str, *, listing: str) -> str:
        """A token for `position` in `listing`, safe in a URL."""
        ...

    def open(self, cursor: str, *, listing: str) -> str:
        """The position.

        Raises:
            InvalidCursor: if `cursor` was not sealed by us for this `listing`.
        """
        ...
