"""`hexkey keys …`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)

Algorithm = Annotated[
    str | None,
    typer.Option(help="ES256, EdDSA or RS256; by default that of HEXKEY_SIGNING_ALGORITHM."),
]


@app.command("generate")
def generate(algorithm: Algorithm = None, as_json: AsJson = False) -> None:
    """Make a key that signs from now on; the one before is still believed.

    A running server uses it once it has loaded it: when somebody reads the JWKS, when a token
    names it, or at the next start.
    """
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> Any:
        chosen = _algorithm(algorithm, container)
        # Proves that this process has the secret of the stored keys: one that is sealed with
        # another secret would keep every server from starting.
        await container.reload_keys()()
        return await container.generate_signing_key()(algorithm=chosen)

    with progress("Making a key"):
        made = run(deed)
    _show([made], as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the keys, oldest first; private halves are never shown."""
    from hexkey.entrypoints.cli.deployment import run

    _show(run(lambda container: container.signing_keys().all()), as_json=as_json)


def _algorithm(name: str | None, container: Any) -> Any:
    from hexkey.domain.keys import SigningAlgorithm
    from hexkey.entrypoints.cli.refusals import CommandRefused

    known = {it.value: it for it in SigningAlgorithm}
    chosen = known.get(name) if name else container.settings().signing_algorithm
    if chosen is None:
        raise typer.BadParameter("must be ES256, EdDSA or RS256", param_hint="--algorithm")
    if chosen is SigningAlgorithm.HS256:
        raise CommandRefused(
            "no_key_to_make", "HS256 signs with the master secret; there is no key to make."
        )
    return chosen


def _show(keys: Any, *, as_json: bool) -> None:
    from hexkey.entrypoints.http.representations import instant

    rows = [
        {
            "id": key.id,
            "algorithm": key.algorithm.value,
            "state": key.state.value,
            "created_at": instant(key.created_at),
        }
        for key in keys
    ]
    if as_json:
        for row in rows:
            show_json(row)
    else:
        show_table(["id", "algorithm", "state", "created"], [list(row.values()) for row in rows])
