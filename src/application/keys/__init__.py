"""Flows of the signing keys."""
