"""Flows of one account, from its beginning."""
