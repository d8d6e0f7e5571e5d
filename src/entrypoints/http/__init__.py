"""The HTTP entrypoint: a FastAPI application."""
