"""Adapters → use cases, a module a capability: one attribute a use case, and no logic."""
