"""Flows that prove who somebody is."""
