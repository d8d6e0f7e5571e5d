"""`hexkey keys …`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)

Algorithm = Annotated[
    str | None,
    typer.Option(help="ES256, EdDSA or RS256; by default that of HEXKEY_SIGNING_ALGORITHM."),
]
Now = Annotated[
    bool,
    typer.Option(
        "--now",
        help="Sign with it at once, as after a leak: running servers do within about a second, "
        "and verifiers that cache the JWKS refuse its tokens until they ask again.",
    ),
]


@app.command("rotate")
def rotate(algorithm: Algorithm = None, now: Now = False, as_json: AsJson = False) -> None:
    """Announce the next key before its time; running servers do the rest.

    It is published at once, signs when every verifier has had the time to hear of it, and the one
    before is believed for as long as its tokens live. Keys rotate by age without this command.
    """
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> Any:
        chosen = _algorithm(algorithm, container)
        return await container.rotate_key()(algorithm=chosen, at_once=now)

    with progress("Making a key"):
        made = run(deed)
    _show([made], as_json=as_json)


@app.command("generate")
def generate(algorithm: Algorithm = None, as_json: AsJson = False) -> None:
    """Make a key that signs at once: the same as `rotate --now`."""
    rotate(algorithm=algorithm, now=True, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the keys, oldest first; private halves are never shown."""
    from hexkey.entrypoints.cli.deployment import run

    _show(run(lambda container: container.signing_keys().all()), as_json=as_json)


# A key's id is base64url: one of 64 begins with a hyphen, and is no option.
@app.command("retire", context_settings={"ignore_unknown_options": True})
def retire(kid: str, as_json: AsJson = False) -> None:
    """End a key at once, as after a leak: tokens that it signed are refused, its secret is gone.

    Running servers hear of it within about a second. The one that signs cannot be retired:
    `hexkey keys rotate --now` first, and a second later this. After a leak of everything, retire
    an announced key before that, so that a fresh one is made.
    """
    from hexkey.domain.identifiers import KeyId
    from hexkey.entrypoints.cli.deployment import run

    _show([run(lambda container: container.retire_key()(id=KeyId(kid)))], as_json=as_json)


@app.command("rotate-master")
def rotate_master(as_json: AsJson = False) -> None:
    """Seal the stored keys under the present master secret, and say what is left to do.

    Where Hexkey made the secret, it makes the new one, too. Otherwise: 1. give every server the new
    secret as HEXKEY_MASTER_SECRET_PREVIOUS and restart it; 2. swap the two, and restart; 3. run
    this command; 4. take the previous one away when this command says. May be repeated at any time.
    """
    from hexkey.entrypoints.cli.master_rotation import rotate_master_secret

    with progress("Sealing the keys"):
        done = rotate_master_secret()
    if as_json:
        show_json(done.as_row())
    else:
        typer.echo("\n".join(done.sentences()))


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
            "since": instant(key.state_since),
            "created_at": instant(key.created_at),
        }
        for key in keys
    ]
    if as_json:
        for row in rows:
            show_json(row)
    else:
        columns = ["id", "algorithm", "state", "since", "created"]
        show_table(columns, [list(row.values()) for row in rows])
