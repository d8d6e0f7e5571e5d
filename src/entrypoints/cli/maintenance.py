"""`hexkey maintenance …`."""

import dataclasses

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="Keep the storage small.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep the storage small."""


@app.command("prune")
def prune(as_json: AsJson = False) -> None:
    """Delete what has been over for long enough; running servers do so every ten minutes.

    Small steps, so that nobody waits for long; may be stopped and repeated at any time.
    """
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.refusals import CommandRefused

    with progress("Pruning"):
        pruned = run(lambda container: container.prune_expired()())
    if pruned is None:
        raise CommandRefused(
            "already_pruning", "Another process is pruning. There is nothing else to do."
        )
    counts = dataclasses.asdict(pruned)
    if as_json:
        show_json(counts)
    else:
        rows = [[kind.replace("_", " "), str(count)] for kind, count in counts.items()]
        show_table(["", "deleted"], rows)
