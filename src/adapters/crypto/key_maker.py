"""Making signing keys."""

from datetime import datetime

from hexkey.adapters.crypto.derived_keys import DerivedKeys
from hexkey.adapters.crypto.key_material import generate, public_jwk
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.application.ports.keys import KeyMaker
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey, thumbprint


class SealingKeyMaker(KeyMaker):
    """P-256, Ed25519 and 3072-bit RSA keys, sealed under a key derived from the master secret."""

    def __init__(self, derived: DerivedKeys) -> None:
        self._seal = KeySeal(derived)

    def make(self, algorithm: SigningAlgorithm, *, now: datetime) -> SigningKey:
        key = generate(algorithm)
        described = public_jwk(key.public_key())
        key_id = thumbprint(described)
        return SigningKey(
            id=key_id,
            algorithm=algorithm,
            state=KeyState.ANNOUNCED,
            public_jwk=described,
            sealed_private_key=self._seal.seal(key, key_id, algorithm),
            created_at=now,
            state_since=now,
        )
