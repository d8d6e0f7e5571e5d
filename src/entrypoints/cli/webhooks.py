"""`hexkey webhooks …`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="Applications that are told what happens to accounts.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, as `list` shows it.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="Where to POST, by https.")]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", help="One that it wants, such as user.created; may be repeated."),
]

_COLUMNS = ("id", "url", "events", "created")


@app.command("add")
def add(url: Url, event: Events = None, as_json: AsJson = False) -> None:
    """Tell a URL what happens from now on, and show the secret that its receiver verifies with.

    The secret is shown this once. Without --event it hears of everything.
    """
    from hexkey.entrypoints.cli.deployment import run

    endpoint, secret = run(lambda container: container.add_webhook()(url=url, events=event or ()))
    if as_json:
        show_json({**_row(endpoint), "secret": secret})
    else:
        show_table(_COLUMNS, [_cells(endpoint)])
        typer.echo(f"\nIts secret, which is not shown again: {secret}")
        typer.echo(f"Try it: hexkey webhooks test {endpoint.id}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show who is told, the oldest first; secrets are never shown."""
    from hexkey.entrypoints.cli.deployment import run

    endpoints = run(lambda container: container.list_webhooks()())
    if as_json:
        for endpoint in endpoints:
            show_json(_row(endpoint))
    else:
        show_table(_COLUMNS, map(_cells, endpoints))


@app.command("test")
def try_(id_: Id, as_json: AsJson = False) -> None:
    """POST one signed message of the type webhook.test, at once and only once."""
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.refusals import CommandRefused

    endpoint = _read(id_)
    with progress("Calling"):
        trial = run(lambda container: container.test_webhook()(id=endpoint))
    if not trial.is_taken:
        raise CommandRefused("webhook_not_taken", f"It did not take the message: {trial.error}.")
    if as_json:
        show_json({"id": id_, "taken": True})
    else:
        typer.echo("It took the message.")


@app.command("remove")
def remove(id_: Id, as_json: AsJson = False) -> None:
    """Tell a URL nothing more; what waits for it is dropped."""
    from hexkey.entrypoints.cli.deployment import run

    endpoint = _read(id_)
    run(lambda container: container.remove_webhook()(id=endpoint))
    if as_json:
        show_json({"id": id_, "removed": True})
    else:
        typer.echo("It is told nothing more.")


def _read(text: str) -> Any:
    from hexkey.domain.identifiers import parse_endpoint_id
    from hexkey.domain.webhooks import WebhookNotFound

    endpoint = parse_endpoint_id(text)
    if endpoint is None:
        raise WebhookNotFound
    return endpoint


def _row(endpoint: Any) -> dict[str, Any]:
    from hexkey.entrypoints.http.representations import instant

    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": sorted(endpoint.events),
        "created_at": instant(endpoint.created_at),
    }


def _cells(endpoint: Any) -> tuple[str, ...]:
    shown = _row(endpoint)
    return (shown["id"], shown["url"], ", ".join(shown["events"]), shown["created_at"])
