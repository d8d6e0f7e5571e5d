"""Passwords that are easy to guess for whoever knows the company."""

from typing import Any

from hexkey.adapters.wordlist.common_passwords import PackedCommonPasswords
from hexkey.application.ports.passwords import CommonPasswords
from hexkey.domain.accounts.password import Password

_OURS = frozenset({"acme rocket skates", "beep beep 1949", "roadrunner"})


class CompanyPasswords(CommonPasswords):
    """Our own list, and the one everybody has."""

    def __init__(self, everybodys: CommonPasswords) -> None:
        self._everybodys = everybodys

    def contains(self, password: Password) -> bool:
        return password.text.casefold() in _OURS or self._everybodys.contains(password)


def make(_container: Any) -> CompanyPasswords:
    """Called once; it needs nothing of the container."""
    return CompanyPasswords(PackedCommonPasswords())
