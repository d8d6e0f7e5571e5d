"""The application of one worker among several."""

from hexkey.entrypoints.cli.garbage import spare_what_stays
from hexkey.entrypoints.http.app import Hexkey, create_app
from hexkey.entrypoints.logs import configure_logging
from hexkey.entrypoints.settings import load_settings


def make_app() -> Hexkey:
    """Build the application in a fresh process, which has no logging yet."""
    settings = load_settings()
    configure_logging(settings)
    app = create_app(settings)
    spare_what_stays()
    return app
