"""The set-up token: nobody has to store it, because it follows from the master secret."""

import hmac

from hexkey.adapters.crypto.checksummed import written
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.application.ports.access import SetupTokens

PREFIX = "hxk_su_"  # what secret scanners look for


class DerivedSetupTokens(SetupTokens):
    """`hxk_su_` and a key that is used for nothing else.

    That it works once is a fact in the store, not in the token.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._token = written(PREFIX, derived.key(Purpose.SETUP_TOKEN))

    def token(self) -> str:
        return self._token

    def is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self._token.encode())
