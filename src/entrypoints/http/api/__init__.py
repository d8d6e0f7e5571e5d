"""The JSON API for an application's own users."""
