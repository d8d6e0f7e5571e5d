"""What API keys are made of."""

import hashlib
from collections.abc import Mapping

from hexkey.adapters.crypto.checksummed import is_whole, written
from hexkey.adapters.crypto.system import random_octets
from hexkey.application.ports.api_keys import ApiKeySecrets
from hexkey.domain.sessions.api_key import KeyKind

PREFIXES: Mapping[KeyKind, str] = {  # what secret scanners look for
    KeyKind.PERSONAL: "hxk_pat_",
    KeyKind.SERVICE: "hxk_key_",
}


class ChecksummedApiKeys(ApiKeySecrets):
    """256 bits of the operating system's generator, of which SHA-256 is kept.

    A plain hash: nobody guesses 256 bits, and a slow one would be paid for at every request.
    """

    def make(self, kind: KeyKind) -> str:
        return written(PREFIXES[kind], random_octets(32))

    def digest(self, text: str) -> str | None:
        if not any(is_whole(prefix, text) for prefix in PREFIXES.values()):
            return None
        return hashlib.sha256(text.encode("ascii")).hexdigest()
