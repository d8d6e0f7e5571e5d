"""`hexkey api-keys …`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="What services prove themselves with.", no_args_is_help=True)

Owner = Annotated[
    str, typer.Argument(metavar="USER", help="Whose: id, user name or e-mail address.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `list` shows it.")]
Name = Annotated[str, typer.Option("--name", help="What it is for.")]
Scopes = Annotated[list[str], typer.Option("--scope", help="What it may do; may be repeated.")]
Days = Annotated[
    int | None, typer.Option(min=1, max=366, help="When it ends; without it, when it is revoked.")
]

_COLUMNS = ("id", "name", "kind", "status", "scopes", "created", "expires", "last used")


@app.command("create")
def create(
    owner: Owner, name: Name, scope: Scopes, days: Days = None, as_json: AsJson = False
) -> None:
    """Make a key for a service, which acts in the name of a user and may do no more than they.

    It is shown this once. Make an account of its own for each service: disabling it ends its keys
    at once.
    """
    from datetime import timedelta

    from hexkey.domain.sessions.api_key import KeyKind
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> Any:
        user = await container.find_user()(reference=owner)
        return await container.make_api_key()(
            owner=user.id,
            name=name,
            scopes=frozenset(scope),
            lifetime=None if days is None else timedelta(days=days),
            kind=KeyKind.SERVICE,
        )

    with progress("Making the key"):
        made = run(deed)
    if as_json:
        show_json({**_shown(made.key), "secret": made.secret})
    else:
        show_table(_COLUMNS, [_cells(_shown(made.key))])
        typer.echo(f"\nThe key, which is not shown again: {made.secret}")


@app.command("list")
def list_(owner: Owner, as_json: AsJson = False) -> None:
    """Show the keys of a user, personal ones too, the latest first; no key can be read from it."""
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> Any:
        user = await container.find_user()(reference=owner)
        return await container.list_api_keys()(owner=user)

    shown = [_shown(it.key, it.status) for it in run(deed)]
    if as_json:
        for key in shown:
            show_json(key)
    else:
        show_table(_COLUMNS, map(_cells, shown))


@app.command("revoke")
def revoke(owner: Owner, id_: Id, as_json: AsJson = False) -> None:
    """Refuse a key from its next request on."""
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> None:
        user = await container.find_user()(reference=owner)
        await container.revoke_api_key()(owner=user.id, key=id_)

    run(deed)
    if as_json:
        show_json({"id": id_, "revoked": True})
    else:
        typer.echo("The key is refused from now on.")


def _shown(key: Any, *status: Any) -> dict[str, Any]:
    from hexkey.entrypoints.http.access_schemas import shown_key

    return shown_key(key, *status)


def _cells(shown: dict[str, Any]) -> tuple[str, ...]:
    return (
        *(shown["id"], shown["name"], shown["kind"], shown["status"], ", ".join(shown["scopes"])),
        *(shown[it] or "-" for it in ("created_at", "expires_at", "last_used_at")),
    )
