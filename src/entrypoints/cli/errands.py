"""`hexkey worker`."""

from typing import Annotated

import typer

from hexkey.entrypoints.cli.output import AsJson, show_json, show_table

Once = Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")]


def worker(once: Once = False, as_json: AsJson = False) -> None:
    """Send mail, call webhooks and erase accounts, until SIGTERM or SIGINT (Ctrl-C).

    For deployments whose servers run with HEXKEY_WORKER=false. Several may run, beside servers that
    do the same: each message is given to one of them at a time. What is under way when it is told
    to stop is finished, or left to the next.
    """
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.errand_runner import run_errands, run_errands_once

    if not once:
        typer.echo("Hexkey sends mail, calls webhooks and erases accounts (Ctrl-C stops it).")
        run(run_errands)
        return
    done = run(run_errands_once)
    if as_json:
        show_json(done)
    else:
        show_table(["", "done"], [[kind, str(count)] for kind, count in done.items()])
