"""What every `BreachedPasswords` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.passwords import BreachedPasswords
from hexkey.domain.accounts.password import Password

KNOWN = "lost with a million others"


class BreachedPasswordsContract(ABC):
    """Subclass as `TestXxx` and provide the `breached` fixture: a collection with `KNOWN` in it."""

    pytestmark = pytest.mark.anyio

    @abstractmethod
    def breached(self) -> BreachedPasswords: ...

    async def test_pw_08_knows_what_was_lost(self, breached: BreachedPasswords) -> None:
        assert await breached.contains(Password(KNOWN))

    async def test_pw_08_knows_it_to_the_letter(self, breached: BreachedPasswords) -> None:
        for text in (KNOWN.upper(), KNOWN.title(), f" {KNOWN}", f"{KNOWN} ", KNOWN[:-1]):
            assert not await breached.contains(Password(text)), text

    async def test_pw_08_knows_nothing_of_others_whatever_they_are_made_of(
        self, breached: BreachedPasswords
    ) -> None:
        for text in ("kqzjxvwpyfblmno", "\U0001f600" * 8, "\ud800" * 8, "x" * 256):
            assert not await breached.contains(Password(text)), text
