"""The application of one worker among several."""

from hexkey.entrypoints.http.app import Hexkey, create_app
from hexkey.entrypoints.logs import configure_logging
from hexkey.entrypoints.settings import load_settings


def make_app() -> Hexkey:
    """Build the application in a fresh process, which has no logging yet."""
    settings = load_settings()
    configure_logging(settings)
    return create_app(settings)
