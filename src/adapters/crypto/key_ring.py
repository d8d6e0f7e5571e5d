"""The keys of this process, parsed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.adapters.crypto.key_material import (
    PrivateKey,
    PublicKey,
    ensure_strong,
    public_jwk,
)
from hexkey.adapters.crypto.key_seal import KeySeal
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
        stored: as loaded, without the retired ones.
        by_id: every key that is believed; an announced one is, so that an instance that has not
            heard of its promotion takes its first tokens.
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
        self._seal = KeySeal(derived)
        self._algorithm = algorithm
        self._shared = _shared_keys(derived) if algorithm is SigningAlgorithm.HS256 else ()
        self._contents = self._contents_of((), ())

    @property
    def contents(self) -> RingContents:
        """The keys of now; the same object until a load changes something."""
        return self._contents

    @property
    def can_sign(self) -> bool:
        return self._contents.signing is not None

    def load(self, keys: Sequence[SigningKey]) -> None:
        stored = tuple(key for key in keys if key.is_believed)
        if stored != self._contents.stored:
            parsed = tuple(self._parsed(key) for key in stored)
            self._contents = self._contents_of(stored, parsed)

    def published(self) -> Sequence[dict[str, str]]:
        return [key.published() for key in self._contents.stored]

    def _parsed(self, key: SigningKey) -> ParsedKey:
        earlier = self._contents.by_id.get(key.id)
        if earlier is not None and any(_same_key(key, old) for old in self._contents.stored):
            return earlier
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
        by_id.update({key.id: key for key in self._shared})
        signing = self._shared[0] if self._shared else None
        for key in stored:
            if key.state is KeyState.SIGNING and key.algorithm is self._algorithm:
                signing = by_id[key.id]  # the newest, should there ever be two
        return RingContents(stored=stored, by_id=by_id, signing=signing)


def _same_key(key: SigningKey, other: SigningKey) -> bool:
    """Whether one was unsealed already; then it stays good under a seal we cannot open.

    So an instance works on while another one seals the keys under a new master secret, and a
    change of state costs no arithmetic.
    """
    return (key.id, key.algorithm, dict(key.public_jwk)) == (
        (other.id, other.algorithm, dict(other.public_jwk))
    )


def _shared_keys(derived: DerivedKeys) -> tuple[ParsedKey, ...]:
    """The one that signs, and that of the previous master secret, which is still believed."""
    secrets = derived.readable(Purpose.HS256_TOKENS)
    # Derived, not hashed from the key: what is in every token should say nothing about it.
    ids = derived.readable(Purpose.HS256_KEY_ID)
    return tuple(
        ParsedKey(
            id=KeyId(base64url.encode(octets)),
            algorithm=SigningAlgorithm.HS256,
            private=secret,
            public=secret,
        )
        for octets, secret in zip(ids, secrets, strict=True)
    )
