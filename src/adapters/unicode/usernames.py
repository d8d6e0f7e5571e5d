"""User names by RFC 8265, with the rules of UTS #39 against impostors."""

import unicodedata
from functools import cache

from precis_i18n import get_profile
from precis_i18n.profile import Profile

from hexkey.adapters.unicode.scripts import is_one_script
from hexkey.adapters.unicode.skeletons import skeleton
from hexkey.application.ports.accounts import UsernameSyntax
from hexkey.domain.accounts.username import (
    MAX_USERNAME_LENGTH,
    InvalidUsername,
    Username,
    ensure_usable,
)


class PrecisUsernames(UsernameSyntax):
    """The UsernameCaseMapped profile (RFC 8265 §3.3) and a single writing system.

    The profile refuses spaces, controls, compatibility forms, text whose direction is unclear, and
    what it would change twice; it does not see a Cyrillic letter among Latin ones, which the
    writing system shows, nor that a whole Cyrillic name can look Latin, which the skeleton shows.
    """

    def parse(self, text: str) -> Username:
        if len(text) > MAX_USERNAME_LENGTH:
            raise InvalidUsername
        key = _enforced(text)
        if not is_one_script(key):
            raise InvalidUsername
        value = unicodedata.normalize("NFC", text)
        return ensure_usable(Username(value=value, key=key, skeleton=skeleton(key)))


def _enforced(text: str) -> str:
    try:
        return _profile().enforce(text)
    except ValueError:  # UnicodeEncodeError and its kin: the profile refuses
        raise InvalidUsername from None


@cache
def _profile() -> Profile:
    return get_profile("UsernameCaseMapped")
