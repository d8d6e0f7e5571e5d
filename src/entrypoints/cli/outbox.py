"""`hexkey outbox …`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="Messages on their way out: mail and webhooks.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The message's id, as `list` shows it.")]
State = Annotated[str | None, typer.Option(help="Only those that are queued, done or failed.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Stop after so many messages.")]


@app.command("list")
def list_(state: State = None, limit: Limit = None, as_json: AsJson = False) -> None:
    """Show the messages, the latest first: whom they are for, and what has become of them."""
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.outbox_pages import show_messages

    chosen = _state(state)
    run(
        lambda container: show_messages(
            container.list_outbox(), state=chosen, limit=limit, as_json=as_json
        )
    )


@app.command("show")
def show(id_: Id, as_json: AsJson = False) -> None:
    """Show one message with what its words are made of; secrets in it are hidden."""
    _one(lambda container, it: container.show_message()(id=it), id_, as_json=as_json)


@app.command("retry")
def retry(id_: Id, as_json: AsJson = False) -> None:
    """Send a message now, also one that failed; one that had expired gets another hour."""
    with progress("Queueing the message"):
        _one(lambda container, it: container.retry_message()(id=it), id_, as_json=as_json)


@app.command("drop")
def drop(id_: Id, as_json: AsJson = False) -> None:
    """Never send a message. One that is being sent this moment may still arrive."""
    with progress("Dropping the message"):
        _one(lambda container, it: container.drop_message()(id=it), id_, as_json=as_json)


def _state(name: str | None) -> Any:
    from hexkey.domain.outbox import MessageState

    known = {it.value: it for it in MessageState}
    if name is not None and name not in known:
        raise typer.BadParameter(f"must be one of {', '.join(known)}", param_hint="--state")
    return known.get(name) if name else None


def _one(deed: Callable[[Any, Any], Awaitable[Any]], id_: str, *, as_json: bool) -> None:
    from hexkey.domain.identifiers import parse_message_id
    from hexkey.domain.outbox import MessageNotFound
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.outbox_pages import facts, row

    id_read = parse_message_id(id_)
    if id_read is None:
        raise MessageNotFound
    message = run(lambda container: deed(container, id_read))
    if as_json:
        show_json({**row(message), "content": dict(message.content)})
    else:
        show_table(["", ""], facts(message))
