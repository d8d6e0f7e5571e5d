"""`hexkey roles …`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, show_json, show_table

app = typer.Typer(help="What the holders of a role may do.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="ROLE", help="The name of the role.")]
Permit = Annotated[
    list[str] | None,
    typer.Option("--permit", help="A permission, such as users:read; may be repeated."),
]
Permissions = Annotated[
    list[str], typer.Argument(metavar="PERMISSION...", help="What its holders may do, too.")
]


@app.command("add")
def add(name: Name, permit: Permit = None, as_json: AsJson = False) -> None:
    """Define a role that permits exactly this; one that is there is changed.

    A permission is one of Hexkey's own (see `list`), or a name that your applications understand:
    a scope of that name is granted to its holders only.
    """
    from hexkey.entrypoints.cli.deployment import run

    wanted = permit or ()
    role = run(lambda container: container.define_role()(name=name, permissions=wanted))
    _tell_of_others(wanted)
    _show([(role.name, sorted(role.permissions), False)], as_json=as_json)


@app.command("permit")
def permit(name: Name, permissions: Permissions, as_json: AsJson = False) -> None:
    """Let a role permit more; it counts for its holders from the next request on."""
    from hexkey.entrypoints.cli.deployment import run

    role = run(lambda container: container.define_role().permit(name=name, permissions=permissions))
    _tell_of_others(permissions)
    _show([(role.name, sorted(role.permissions), False)], as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the roles; `admin` is built in and permits everything, also what is not listed."""
    from hexkey.entrypoints.cli.deployment import run

    roles = run(lambda container: container.list_roles()())
    _show([(it.name, it.permissions, it.built_in) for it in roles], as_json=as_json)


@app.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Forget a role that nobody holds."""
    from hexkey.entrypoints.cli.deployment import run

    run(lambda container: container.remove_role()(name=name))
    if as_json:
        show_json({"name": name, "removed": True})
    else:
        typer.echo("There is no such role any more.")


def _tell_of_others(permissions: Sequence[str]) -> None:
    """Say which names open nothing here: one of them may be a slip of the hand."""
    from difflib import get_close_matches

    from hexkey.domain.access import Permission

    for name in sorted(set(permissions) - set(Permission)):
        near = get_close_matches(name, list(Permission), n=1, cutoff=0.8)
        meant = f" Did you mean {near[0]}?" if near else ""
        typer.echo(
            f"{name} opens nothing of Hexkey's own, only of your applications.{meant}", err=True
        )


def _show(roles: Any, *, as_json: bool) -> None:
    if as_json:
        for name, permissions, built_in in roles:
            show_json({"name": name, "permissions": list(permissions), "built_in": built_in})
        return
    rows = [(name, ", ".join(it) or "-", "yes" if own else "no") for name, it, own in roles]
    show_table(("role", "permissions", "built in"), rows)
