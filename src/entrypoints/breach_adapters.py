"""Collections of breached passwords as the settings want them, and the making of a filter."""

from pathlib import Path

from hexkey.adapters.breaches.breach_filter import FilteredBreaches
from hexkey.adapters.breaches.filter_builder import Told, build_filter
from hexkey.adapters.breaches.filter_file import FilterHeader
from hexkey.adapters.breaches.list_form import UnusableList
from hexkey.adapters.breaches.partial_file import FilterInMaking
from hexkey.adapters.breaches.password_list import PasswordList
from hexkey.adapters.breaches.range_api import BreachRanges
from hexkey.adapters.breaches.several import SeveralBreaches
from hexkey.application.ports.passwords import BreachedPasswords
from hexkey.entrypoints.settings import BadConfiguration, Settings

__all__ = [
    "FilterHeader",
    "FilterInMaking",
    "Told",
    "UnusableList",
    "breached_passwords",
    "make_filter",
]


def breached_passwords(settings: Settings) -> SeveralBreaches:
    """The filter, the API, both or neither.

    Raises:
        BadConfiguration: if the filter cannot be used.
    """
    collections: list[BreachedPasswords] = []
    if settings.breached_passwords_file is not None:
        collections.append(_filter(settings.breached_passwords_file))
    if settings.breached_passwords_api is not None:
        collections.append(BreachRanges(settings.breached_passwords_api))
    return SeveralBreaches(*collections)


def _filter(path: Path) -> FilteredBreaches:
    try:
        return FilteredBreaches(path)
    except OSError:
        reason = "cannot be read, or is empty"
    except ValueError as error:
        reason = str(error)
    raise BadConfiguration(f"HEXKEY_BREACHED_PASSWORDS_FILE {reason}.")


def make_filter(
    source: Path, target: Path, *, false_positives: float, least: int, told: Told
) -> FilterHeader:
    """A filter at `target` with what is in the list `source`.

    Raises:
        UnusableList: if that is none.
        FilterInMaking: if another command makes the same.
        OSError: if one of them cannot be read or written.
    """
    passwords = PasswordList(source, least=least)
    return build_filter(passwords, target, false_positives=false_positives, told=told)
