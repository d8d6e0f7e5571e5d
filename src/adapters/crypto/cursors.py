"""Page tokens under AES-256-GCM."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.adapters.crypto.system import random_octets
from hexkey.application.ports.paging import CursorSealer
from hexkey.domain.paging import InvalidCursor

MAX_CURSOR_LENGTH = 1024

_VERSION = b"\x01"
_NONCE_OCTETS = 12
_PREFIX_OCTETS = len(_VERSION) + _NONCE_OCTETS


class EncryptedCursors(CursorSealer):
    """Encrypts the position and binds it to its list: it says nothing, and fits nowhere else.

    A cursor outlives restarts, and works on every instance with the same master secret.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._cipher = AESGCM(derived.key(Purpose.CURSORS))

    def seal(self, position: str, *, listing: str) -> str:
        nonce = random_octets(_NONCE_OCTETS)
        sealed = self._cipher.encrypt(nonce, position.encode(), listing.encode())
        return base64url.encode(_VERSION + nonce + sealed)

    def open(self, cursor: str, *, listing: str) -> str:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise InvalidCursor
        try:
            octets = base64url.decode(cursor)
            if octets[:1] != _VERSION:
                raise InvalidCursor
            nonce, sealed = octets[1:_PREFIX_OCTETS], octets[_PREFIX_OCTETS:]
            return self._cipher.decrypt(nonce, sealed, listing.encode()).decode()
        except (InvalidTag, ValueError):
            raise InvalidCursor from None
