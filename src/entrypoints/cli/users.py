"""`hexkey users …`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="Make users, look at them, change them.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(metavar="USER", help="Id, user name or e-mail address.")]
Name = Annotated[str | None, typer.Option("--username", help="The user name.")]
Address = Annotated[str | None, typer.Option("--email", help="The e-mail address.")]
FullName = Annotated[str | None, typer.Option("--full-name", help="The name of the person.")]
Admin = Annotated[bool, typer.Option("--admin", help="Give the role admin, too.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Stop after so many users.")]


@app.command("create")
def create(
    username: Name = None,
    email: Address = None,
    full_name: FullName = None,
    admin: Admin = False,
    as_json: AsJson = False,
) -> None:
    """Make a user; works also where registration is closed, and with reserved names.

    The password is asked for, or read from the first line of standard input.
    """
    from hexkey.domain.access import ADMIN
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.passwords import read_password

    password = read_password()

    async def deed(container: Any) -> Any:
        user = await container.register_user().by_operator(
            username=username,
            email=email,
            full_name=full_name,
            password=password,
        )
        return await container.grant_role()(user=user.id, role=ADMIN) if admin else user

    with progress("Making the user"):
        user = run(deed)
    _show(user, as_json=as_json)


@app.command("list")
def list_(limit: Limit = None, as_json: AsJson = False) -> None:
    """Show all users, oldest first, a page at a time."""
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.user_pages import show_pages

    run(lambda container: show_pages(container.list_users(), limit=limit, as_json=as_json))


@app.command("show")
def show(user: Reference, as_json: AsJson = False) -> None:
    """Show one user."""
    from hexkey.entrypoints.cli.deployment import run

    _show(run(lambda container: container.find_user()(reference=user)), as_json=as_json)


@app.command("disable")
def disable(user: Reference, as_json: AsJson = False) -> None:
    """Refuse a user everywhere and end all sessions; other processes notice within a second."""
    _change(user, lambda container, id_: container.disable_user()(user=id_), as_json=as_json)


@app.command("enable")
def enable(user: Reference, as_json: AsJson = False) -> None:
    """Let a disabled user sign in again."""
    _change(user, lambda container, id_: container.enable_user()(user=id_), as_json=as_json)


@app.command("set-password")
def set_password(user: Reference, as_json: AsJson = False) -> None:
    """Give a user a new password and end all sessions.

    The password is asked for, or read from the first line of standard input.
    """
    from hexkey.entrypoints.cli.passwords import read_password

    password = read_password()

    async def deed(container: Any, id_: Any) -> Any:
        await container.set_password()(user=id_, new_password=password)
        return await container.find_user()(reference=id_)

    _change(user, deed, as_json=as_json)


@app.command("grant-admin")
def grant_admin(user: Reference, as_json: AsJson = False) -> None:
    """Give a user the role admin."""
    from hexkey.domain.access import ADMIN

    _change(
        user, lambda container, id_: container.grant_role()(user=id_, role=ADMIN), as_json=as_json
    )


def _change(reference: str, change: Callable[[Any, Any], Awaitable[Any]], *, as_json: bool) -> None:
    from hexkey.entrypoints.cli.deployment import run

    async def deed(container: Any) -> Any:
        found = await container.find_user()(reference=reference)
        return await change(container, found.id)

    with progress("Changing the user"):
        user = run(deed)
    _show(user, as_json=as_json)


def _show(user: Any, *, as_json: bool) -> None:
    from hexkey.entrypoints.cli.user_pages import facts
    from hexkey.entrypoints.http.representations import private

    if as_json:
        show_json(private(user))
    else:
        show_table(["", ""], facts(user))
