"""Proving who one is, and how often one may try."""
