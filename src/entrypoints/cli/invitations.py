"""`hexkey users invite`."""

from typing import Annotated

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Whom to invite.")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role", help="One that is defined, for the account to begin with; may be repeated."
    ),
]
Language = Annotated[
    str | None, typer.Option(help="Of the mail, such as de; by default HEXKEY_LANGUAGE.")
]


def invite(
    email: Email, role: Roles = None, language: Language = None, as_json: AsJson = False
) -> None:
    """Mail somebody a link with which an account begins, at that address and with these roles.

    It works for seven days and once, also where registration is closed. A newer one voids it.
    """
    from hexkey.domain.access import known_role
    from hexkey.entrypoints.cli.deployment import run

    roles = frozenset(map(known_role, role or ()))
    with progress("Writing the invitation"):
        message = run(
            lambda container: container.invite_user()(email=email, roles=roles, language=language)
        )
    if as_json:
        show_json({"message_id": message, "email": email, "roles": sorted(roles)})
    else:
        typer.echo(f"The invitation is in the outbox as {message}.")
