"""`hexkey users grant-role` and `hexkey users revoke-role`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

Reference = Annotated[str, typer.Argument(metavar="USER", help="Id, user name or e-mail address.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="The name of the role.")]


def grant_role(user: Reference, role: RoleName, as_json: AsJson = False) -> None:
    """Give a user a role that is defined (`hexkey roles list`)."""
    from hexkey.domain.access import known_role

    granted = known_role(role)
    _change(user, lambda container, id_: container.grant_role()(user=id_, role=granted), as_json)


def revoke_role(user: Reference, role: RoleName, as_json: AsJson = False) -> None:
    """Take a role from a user; the last administrator stays one."""
    _change(user, lambda container, id_: container.revoke_role()(user=id_, role=role), as_json)


def _change(reference: str, change: Any, as_json: bool) -> None:
    from hexkey.entrypoints.cli.deployment import run
    from hexkey.entrypoints.cli.user_pages import facts
    from hexkey.entrypoints.http.representations import private

    async def deed(container: Any) -> Any:
        found = await container.find_user()(reference=reference)
        return await change(container, found.id)

    with progress("Changing the user"):
        user = run(deed)
    if as_json:
        show_json(private(user))
    else:
        show_table(["", ""], facts(user))
