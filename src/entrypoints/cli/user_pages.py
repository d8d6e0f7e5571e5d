"""Users as lines of a table, a page at a time."""

from collections.abc import Iterator

from hexkey.application.accounts.listing import ListUsers
from hexkey.domain.accounts.user import User
from hexkey.domain.paging import MAX_PAGE
from hexkey.entrypoints.cli.output import show_json, show_table
from hexkey.entrypoints.http.representations import private

_COLUMNS = ("id", "user name", "e-mail", "full name", "status", "roles", "created")


async def show_pages(list_users: ListUsers, *, limit: int | None, as_json: bool) -> None:
    """Print users until there are no more, or `limit` of them; no more than a page is held."""
    cursor, left = None, limit
    while True:
        page = await list_users(cursor=cursor, limit=min(left or MAX_PAGE, MAX_PAGE))
        if as_json:
            for user in page.users:
                show_json(private(user))
        else:
            show_table(_COLUMNS, map(_row, page.users))
        cursor = page.next_cursor
        if left is not None:
            left -= len(page.users)
        if cursor is None or left == 0:
            return


def facts(user: User) -> Iterator[tuple[str, str]]:
    """What an operator may know of one user, a line each."""
    for name, value in private(user).items():
        yield name, _text(value)


def _row(user: User) -> tuple[str, ...]:
    shown = private(user)
    names = ("id", "username", "email", "full_name", "status", "roles", "created_at")
    return tuple(_text(shown[name]) for name in names)


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "-"
    return str(value)
