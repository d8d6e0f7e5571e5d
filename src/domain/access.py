"""Roles: names that open routes a plain user cannot use."""

import re
from typing import NewType

Role = NewType("Role", str)

ADMIN = Role("admin")

MAX_ROLE_LENGTH = 64
MAX_SCOPES_LENGTH = 4096  # of all that one session has, with a space between each two

_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")


def granted_scopes(requested: str, *, allowed: frozenset[str]) -> frozenset[str]:
    """The scopes of `requested` that may be granted; the rest is left out in silence.

    Args:
        requested: names separated by single spaces (RFC 6749 §3.3).
        allowed: every scope this deployment knows.
    """
    return allowed.intersection(requested.split(" "))


def is_scope_name(text: str) -> bool:
    """Whether `text` is a scope-token of RFC 6749 §3.3, at most 64 characters long."""
    return _SCOPE_TOKEN.fullmatch(text) is not None
