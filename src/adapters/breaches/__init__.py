"""Passwords known from breaches: a filter on the disk, and the range API of a collector."""
