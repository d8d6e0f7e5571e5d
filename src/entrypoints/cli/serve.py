"""`hexkey serve`."""

from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one.")]
Workers = Annotated[int, typer.Option(min=1, max=256, help="How many processes answer.")]
Reload = Annotated[bool, typer.Option("--reload", help="Restart when code changes.")]


def serve(
    host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1, reload: Reload = False
) -> None:
    """Answer requests until SIGTERM or SIGINT (Ctrl-C).

    Requests that have begun are finished first, for at most 30 seconds.
    """
    from hexkey.entrypoints.cli.deployment import configured
    from hexkey.entrypoints.cli.listening import Address
    from hexkey.entrypoints.cli.server import run_server

    run_server(configured(), Address(host, port), workers=workers, reloading=reload)
