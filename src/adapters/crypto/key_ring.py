"""The keys of this process, parsed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.adapters.crypto.key_material import (
    KeySeal,
    PrivateKey,
    PublicKey,
    ensure_strong,
    public_jwk,
)
from hexkey.application.ports.keys import KeyRing
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey, UnusableKey, thumbprint


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A key as the library wants it, with the one algorithm it is used for."""

    id: KeyId
    algorithm: SigningAlgorithm
    private: PrivateKey | bytes = field(repr=False)
    public: PublicKey | bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RingContents:
    """What one load made; replaced as a whole, so that nobody sees half of a change.

    Attributes:
        stored: as loaded.
        by_id: every key that is believed.
        signing: signs new tokens; `None` while there is no such key.
    """

    stored: tuple[SigningKey, ...]
    by_id: Mapping[KeyId, ParsedKey]
    signing: ParsedKey | None


class UnsealedKeyRing(KeyRing):
    """Unseals the stored keys, and holds the shared secret if `HS256` is configured.

    A stored public key is not believed as such: it must be the sealed private key's, so that
    nobody who can only write to the database can make us trust a key.

    Args:
        algorithm: of new tokens.
    """

    def __init__(self, *, derived: DerivedKeys, algorithm: SigningAlgorithm) -> None:
        self._seal = KeySeal(derived.key(Purpose.SIGNING_KEY_SEALING))
        self._algorithm = algorithm
        self._shared = _shared_key(derived) if algorithm is SigningAlgorithm.HS256 else None
        self._contents = self._contents_of((), ())

    @property
    def contents(self) -> RingContents:
        """The keys of now; the same object until a load changes something."""
        return self._contents

    def load(self, keys: Sequence[SigningKey]) -> None:
        stored = tuple(keys)
        if stored != self._contents.stored:
            parsed = tuple(self._parsed(key) for key in stored)
            self._contents = self._contents_of(stored, parsed)

    def published(self) -> Sequence[dict[str, str]]:
        return [key.published() for key in self._contents.stored]

    def _parsed(self, key: SigningKey) -> ParsedKey:
        earlier = self._contents.by_id.get(key.id)
        if earlier is not None and any(_same_material(key, old) for old in self._contents.stored):
            return earlier  # unsealing an RSA key takes longer than a request may
        private = ensure_strong(
            self._seal.open(key.sealed_private_key, key.id, key.algorithm), key.algorithm
        )
        public = private.public_key()
        if dict(key.public_jwk) != public_jwk(public) or thumbprint(key.public_jwk) != key.id:
            raise UnusableKey("a stored public key is not the sealed private key's")
        return ParsedKey(id=key.id, algorithm=key.algorithm, private=private, public=public)

    def _contents_of(
        self, stored: tuple[SigningKey, ...], parsed: tuple[ParsedKey, ...]
    ) -> RingContents:
        by_id = {key.id: key for key in parsed}
        if len(by_id) != len(stored):
            raise UnusableKey("two signing keys have the same id")
        signing = self._shared
        if self._shared is not None:
            by_id[self._shared.id] = self._shared
        for key in stored:
            if key.state is KeyState.SIGNING and key.algorithm is self._algorithm:
                signing = by_id[key.id]  # the newest, should there ever be two
        return RingContents(stored=stored, by_id=by_id, signing=signing)


def _same_material(key: SigningKey, other: SigningKey) -> bool:
    return replace(other, state=key.state) == key


def _shared_key(derived: DerivedKeys) -> ParsedKey:
    secret = derived.key(Purpose.HS256_TOKENS)
    return ParsedKey(
        # Derived, not hashed from the key: what is in every token should say nothing about it.
        id=KeyId(base64url.encode(derived.key(Purpose.HS256_KEY_ID))),
        algorithm=SigningAlgorithm.HS256,
        private=secret,
        public=secret,
    )
