"""What the pages say, in each language they know."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hexkey.domain.errors import HexkeyError

_FOLDER = Path(__file__).parent / "words"
_OTHER = "other"  # what is said of refusals that no page expects


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Attributes:
        language: as RFC 5646 names it.
    """

    language: str
    _sections: Mapping[str, Any]

    def of(self, section: str) -> Mapping[str, str]:
        """Those of one page, or of one kind of thing on pages.

        Raises:
            KeyError: if there is no such section.
        """
        found: Mapping[str, str] = self._sections[section]
        return found

    def done(self, what: str) -> Mapping[str, str] | None:
        """Those that say that `what` was done; `None` for what nobody can do here."""
        found: Mapping[str, str] | None = self._sections["done"].get(what)
        return found

    def refusal(self, error: HexkeyError) -> str:
        """What to say instead of the English sentence that programs are given."""
        refusals = self.of("refusals")
        return refusals.get(error.code, refusals[_OTHER])


def words_in(*wanted: str | None) -> Words:
    """Those of the first language that the pages know, or else English ones."""
    known = _catalogs()
    for language in filter(None, wanted):
        for tag in (language, language.partition("-")[0]):
            if tag in known:
                return known[tag]
    return known["en"]


def languages() -> frozenset[str]:
    """Every language the pages know."""
    return frozenset(_catalogs())


@cache
def _catalogs() -> Mapping[str, Words]:
    return {
        file.stem: Words(file.stem, tomllib.loads(file.read_text("utf-8")))
        for file in sorted(_FOLDER.glob("*.toml"))
    }
