"""Running the migrations that ship with the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings: its scripts are those of this package, its connection is ours."""
    config = Config(attributes={"connection": connection})
    # Alembic interpolates percent signs, which a path may hold.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def run_migrations(connection: Connection) -> None:
    """Bring the schema up to date inside the transaction that `connection` is in."""
    command.upgrade(alembic_config(connection), "head")
