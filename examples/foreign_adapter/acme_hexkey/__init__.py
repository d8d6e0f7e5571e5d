"""Hexkey's adapters of Acme."""
