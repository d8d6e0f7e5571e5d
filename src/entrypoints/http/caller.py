"""Who is calling a route of an application, wherever Hexkey runs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, as far as every application may know.

    Attributes:
        id: of the user; the `sub` of tokens.
        session: `None` when a password or an API key came with the request itself.
        scopes: what the token was granted.
        roles: embedded: as of now; remote: as of when the token was issued.
        proved_at: when the user last proved who they are; remote: as of when the token was issued,
            so that a client refreshes its tokens after it has proved that; of an API key, as of
            when it was made.
        key: the id of the API key by which the request came; then there are no roles, and of
            `scopes` those that its owner may still have.
    """

    id: str
    session: str | None
    scopes: frozenset[str]
    roles: frozenset[str]
    proved_at: datetime
    key: str | None = None
