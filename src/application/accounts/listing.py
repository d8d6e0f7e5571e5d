"""Reading the list of users page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.paging import CursorSealer
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

    async def __call__(self, *, cursor: str | None, limit: int) -> ListedUsers:
        """Return the page after `cursor`, or the first.

        Args:
            limit: 1 to `MAX_PAGE` users.

        Raises:
            InvalidCursor: if `cursor` was not given out for this list.
        """
        after = UserId(self.cursors.open(cursor, listing=_LISTING)) if cursor else None
        page = await self.users.page(after=after, limit=limit)
        following = self.cursors.seal(page.next, listing=_LISTING) if page.next else None
        return ListedUsers(users=page.users, next_cursor=following)
