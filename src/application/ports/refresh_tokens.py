"""Refresh tokens on the wire."""

from typing import Protocol

from hexkey.domain.identifiers import SessionId


class RefreshTokens(Protocol):
    """Writes and reads the tokens of a session's chain.

    The same session and number always give the same token, so that a repeated request can be
    answered with what was lost, and nothing has to be stored for it.
    """

    def write(self, session: SessionId, number: int) -> str:
        """A token that nobody else can make: at least 256 bits are secret."""
        ...

    def read(self, token: str) -> tuple[SessionId, int]:
        """Session and number of a token that we wrote.

        Raises:
            RefreshTokenRejected: for anything else.
        """
        ...
