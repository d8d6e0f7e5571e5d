"""Reading the list of users page by page."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hexkey.application.ports.accounts import (
    EVERYBODY,
    EmailSyntax,
    UserDirectory,
    UserFilter,
    UsernameSyntax,
)
from hexkey.application.ports.paging import CursorSealer
from hexkey.domain.access import parse_role
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import UserId

_LISTING = "users"


@dataclass(frozen=True, slots=True)
class ListedUsers:
    """One page as a caller may see it.

    Attributes:
        next_cursor: opens the next page; `None` on the last one.
    """

    users: Sequence[User]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    """Read all users, oldest first, a page at a time."""

    users: UserDirectory
    cursors: CursorSealer

    async def __call__(
        self, *, cursor: str | None, limit: int, only: UserFilter = EVERYBODY
    ) -> ListedUsers:
        """Return the page after `cursor`, or the first.

        Args:
            limit: 1 to `MAX_PAGE` users.
            only: whom the list is about.

        Raises:
            InvalidCursor: if `cursor` was not given out for this list and this `only`.
        """
        listing = _listing(only)
        after = UserId(self.cursors.open(cursor, listing=listing)) if cursor else None
        page = await self.users.page(after=after, limit=limit, only=only)
        following = self.cursors.seal(page.next, listing=listing) if page.next else None
        return ListedUsers(users=page.users, next_cursor=following)


def _listing(only: UserFilter) -> str:
    """What a cursor is bound to: the list, and whom it is about."""
    asked = {name: value for name, value in asdict(only).items() if value is not None}
    return f"{_LISTING} {json.dumps(asked, sort_keys=True)}" if asked else _LISTING


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUserFilter:
    """Read whom a caller asks for, as people type names; nothing else can be asked for."""

    usernames: UsernameSyntax
    emails: EmailSyntax

    def __call__(
        self,
        *,
        username: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        role: str | None = None,
    ) -> UserFilter:
        """Return it.

        Raises:
            InvalidUsername, InvalidEmail, InvalidRole: if nobody could have that.
        """
        return UserFilter(
            username=None if username is None else self.usernames.parse(username).key,
            email=None if email is None else self.emails.parse(email).key,
            is_active=is_active,
            role=None if role is None else parse_role(role),
        )
