"""The commands."""

import sys

import typer

import hexkey
from hexkey.entrypoints.cli import (
    api_keys,
    audit,
    breaches,
    config,
    errands,
    explain,
    invitations,
    keys,
    mail,
    maintenance,
    migrate,
    outbox,
    roles,
    serve,
    user_roles,
    users,
    webhooks,
)
from hexkey.entrypoints.cli.garbage import collect_later
from hexkey.entrypoints.cli.output import AsJson, show_json
from hexkey.entrypoints.cli.program import Program
from hexkey.entrypoints.cli.refusals import refusal_of, unforeseen

app = typer.Typer(
    name="hexkey",
    help="Hexkey, a self-hosted authentication service.",
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with values could show secrets
)
app.command("serve")(serve.serve)
app.command("worker")(errands.worker)
app.command("migrate")(migrate.migrate)
users.app.command("invite")(invitations.invite)
users.app.command("grant-role")(user_roles.grant_role)
users.app.command("revoke-role")(user_roles.revoke_role)
app.add_typer(users.app, name="users")
app.add_typer(breaches.app, name="passwords")
app.add_typer(roles.app, name="roles")
app.add_typer(api_keys.app, name="api-keys")
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.command("explain")(explain.explain)
app.add_typer(outbox.app, name="outbox")
app.add_typer(mail.app, name="mail")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(config.app, name="config")


@app.command()
def version(as_json: AsJson = False) -> None:
    """Say which version this is."""
    if as_json:
        show_json({"version": hexkey.__version__})
    else:
        typer.echo(f"hexkey {hexkey.__version__}")


def main() -> None:
    """Run the program and exit."""
    collect_later()  # commands import what they need themselves
    try:
        app(prog_name="hexkey")
    except Exception as error:  # noqa: BLE001 - the last line before the traceback
        refusal = refusal_of(error) or unforeseen(error)
        refusal.show()
        sys.exit(refusal.status)
