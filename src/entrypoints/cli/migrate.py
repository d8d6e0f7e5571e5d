"""`hexkey migrate`."""

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the schema of this version.

    Safe to run at any time and by several at once. The embedded database is migrated by the server
    itself; PostgreSQL only by this command.
    """
    from hexkey.entrypoints.cli.deployment import migrate_storage

    with progress("Migrating the database"):
        migrated = migrate_storage()
    if as_json:
        show_json({"migrated": migrated})
    else:
        typer.echo("The database is migrated." if migrated else "The database is up to date.")
