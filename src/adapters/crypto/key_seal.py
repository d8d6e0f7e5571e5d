"""Private keys as they may be stored: under AES-256-GCM, with the id of the key that seals."""

from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.adapters.crypto.key_material import PrivateKey
from hexkey.adapters.crypto.system import random_octets
from hexkey.application.ports.keys import KeySealer
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import (
    KeyState,
    SealedKey,
    SigningAlgorithm,
    SigningKey,
    UnusableKey,
)

_WITHOUT_ID = b"\x01"  # of the first versions; read, no longer written
_WITH_ID = b"\x02"
_ID_OCTETS = 8
_NONCE_OCTETS = 12


class KeySeal(KeySealer):
    """AES-256-GCM over the PKCS #8 form of a private key, bound to its id and algorithm.

    So whoever can write to the database can neither read a key nor put one in another's place.

    Args:
        derived: seals with the present master secret, and opens with the previous one, too.
    """

    def __init__(
        self, derived: DerivedKeys, purpose: Purpose = Purpose.SIGNING_KEY_SEALING
    ) -> None:
        # Derived, not hashed from the key: an id that lies in the database should say nothing.
        ids = (octets[:_ID_OCTETS] for octets in derived.readable(Purpose.SEALING_KEY_ID))
        self._secrets = dict(zip(ids, derived.readable(purpose), strict=True))
        self._present = next(iter(self._secrets))

    def seal(self, key: PrivateKey, id: KeyId, algorithm: SigningAlgorithm) -> SealedKey:
        """`key` as it may be stored."""
        octets = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._sealed(octets, id, algorithm)

    def open(self, sealed: SealedKey, id: KeyId, algorithm: SigningAlgorithm) -> object:
        """The key object in `sealed`.

        Raises:
            UnusableKey: if it was sealed under another master secret, or for another id.
        """
        octets = self._opened(sealed, id, algorithm)
        try:
            # We sealed it: to factor it again would stop the event loop for a fifth of a second.
            return serialization.load_der_private_key(
                octets, password=None, unsafe_skip_rsa_key_validation=True
            )
        except ValueError as refusal:
            raise UnusableKey("a signing key is sealed, but is none") from refusal

    def resealed(self, key: SigningKey) -> SigningKey:
        if key.state is KeyState.RETIRED:
            return key
        octets = self._opened(key.sealed_private_key, key.id, key.algorithm)
        if key.sealed_private_key.startswith(_WITH_ID + self._present):
            return key
        return key.sealed_as(self._sealed(octets, key.id, key.algorithm))

    def _sealed(self, octets: bytes, id: KeyId, algorithm: SigningAlgorithm) -> SealedKey:
        head, nonce = _WITH_ID + self._present, random_octets(_NONCE_OCTETS)
        cipher = AESGCM(self._secrets[self._present])
        body = cipher.encrypt(nonce, octets, head + _context(id, algorithm))
        return SealedKey(head + nonce + body)

    def _opened(self, sealed: SealedKey, id: KeyId, algorithm: SigningAlgorithm) -> bytes:
        length = 1 + _ID_OCTETS if sealed[:1] == _WITH_ID else 1
        head, nonce = sealed[:length], sealed[length : length + _NONCE_OCTETS]
        body = sealed[length + _NONCE_OCTETS :]
        context = _context(id, algorithm) if head == _WITHOUT_ID else head + _context(id, algorithm)
        for secret in self._candidates(head):
            with suppress(InvalidTag, ValueError):
                return AESGCM(secret).decrypt(nonce, body, context)
        raise UnusableKey("a signing key cannot be unsealed; was the master secret changed?")

    def _candidates(self, head: bytes) -> Sequence[bytes]:
        version, sealed_by = head[:1], head[1:]
        if version == _WITHOUT_ID:
            return tuple(self._secrets.values())
        if version == _WITH_ID:
            return tuple(secret for of, secret in self._secrets.items() if of == sealed_by)
        raise UnusableKey("a signing key is sealed in a form this version does not know")


def _context(id: KeyId, algorithm: SigningAlgorithm) -> bytes:
    return f"{id}|{algorithm.value}".encode()
