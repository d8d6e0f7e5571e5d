"""Flows of being signed in."""
