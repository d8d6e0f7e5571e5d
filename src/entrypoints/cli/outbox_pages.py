"""Messages of the outbox as lines of a table, a page at a time."""

from collections.abc import Iterator
from typing import Any

from hexkey.application.outbox.operating import ListOutbox
from hexkey.domain.outbox import Message, MessageState
from hexkey.domain.paging import MAX_PAGE
from hexkey.entrypoints.cli.output import show_json, show_table
from hexkey.entrypoints.http.representations import instant

_COLUMNS = ("id", "channel", "kind", "recipient", "state", "attempts", "due", "error")


async def show_messages(
    list_outbox: ListOutbox, *, state: MessageState | None, limit: int | None, as_json: bool
) -> None:
    """Print messages until there are no more, or `limit` of them; at most a page is held."""
    after, left = None, limit
    while left is None or left > 0:
        asked = min(left or MAX_PAGE, MAX_PAGE)
        page = await list_outbox(state=state, after=after, limit=asked)
        if as_json:
            for message in page:
                show_json(row(message))
        elif page or after is None:
            show_table(_COLUMNS, map(_cells, page))
        if len(page) < asked:
            return
        after, left = page[-1].id, None if left is None else left - len(page)


def row(message: Message) -> dict[str, Any]:
    """What an operator may know of a message, without what it says."""
    return {
        "id": message.id,
        "channel": message.channel.value,
        "kind": message.kind,
        "recipient": message.recipient,
        "user": message.user,
        "state": message.state.value,
        "attempts": message.attempts,
        "created_at": instant(message.created_at),
        "due_at": instant(message.due_at),
        "expires_at": instant(message.expires_at),
        "error": message.error,
    }


def facts(message: Message) -> Iterator[tuple[str, str]]:
    """The same with what its words are made of, a line each."""
    for name, value in row(message).items():
        yield name, "-" if value is None else str(value)
    for name, text in message.content.items():
        yield f"content: {name}", text


def _cells(message: Message) -> tuple[str, ...]:
    shown = row(message)
    names = (*_COLUMNS[:6], "due_at", "error")
    return tuple("-" if shown[name] is None else str(shown[name]) for name in names)
