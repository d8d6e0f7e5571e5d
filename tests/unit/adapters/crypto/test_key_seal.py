"""CR-05: signing keys lie under AES-256-GCM with the id of the key that sealed them."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hexkey.adapters.crypto.derived_keys import MasterSecret, Purpose
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtVerifier
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, SigningKey, UnusableKey
from hexkey.domain.sessions.access_token import UnknownSigningKey
from tests.contracts.key_maker import ASYMMETRIC
from tests.contracts.key_sealer import KeySealerContract
from tests.support.doubles import START
from tests.support.issuing import (
    AUDIENCE,
    ISSUER,
    SECRET,
    a_signing_key,
    an_issuing,
    derived_keys,
    some_claims,
)

NEW_SECRET = b"a newer master secret, 32 octets"
OLD = KeySeal(derived_keys())
BOTH = KeySeal(derived_keys(NEW_SECRET, SECRET))
NEW = KeySeal(derived_keys(NEW_SECRET))
ES256, HS256 = SigningAlgorithm.ES256, SigningAlgorithm.HS256


def opens(seal: KeySeal, key: SigningKey) -> bool:
    try:
        return bool(seal.open(key.sealed_private_key, key.id, key.algorithm))
    except UnusableKey:
        return False


def sealed_without_id(key: SigningKey) -> SigningKey:
    """As the first versions did it."""
    secret, context = derived_keys().key(Purpose.SIGNING_KEY_SEALING), f"{key.id}|ES256".encode()
    sealed, present = key.sealed_private_key, AESGCM(secret)
    octets = present.decrypt(sealed[9:21], sealed[21:], sealed[:9] + context)
    body = present.encrypt(b"n" * 12, octets, context)
    return key.sealed_as(SealedKey(b"\x01" + b"n" * 12 + body))


class TestKeySealer(KeySealerContract):
    @pytest.fixture
    def sealer(self) -> KeySeal:
        return BOTH

    @pytest.fixture
    def present(self) -> SigningKey:
        return a_signing_key(ES256, secret=NEW_SECRET)

    @pytest.fixture
    def previous(self) -> SigningKey:
        return a_signing_key(ES256, secret=SECRET)

    @pytest.fixture
    def foreign(self) -> SigningKey:
        return a_signing_key(ES256, secret=b"nobody's master secret, 32 octets")


class TestKeySeal:
    def test_cr_05_names_the_key_that_sealed(self) -> None:
        key = a_signing_key(ES256)
        sealed_by = derived_keys().key(Purpose.SEALING_KEY_ID)[:8]

        assert key.sealed_private_key[:9] == b"\x02" + sealed_by
        assert not opens(OLD, key.sealed_as(SealedKey(b"\x02" + b"other-id" + sealed(key)[9:])))

    def test_cr_05_the_id_is_sealed_with_it(self) -> None:
        """So that a blob cannot be passed off as one of another key."""
        key = a_signing_key(ES256)
        as_first_version = SealedKey(b"\x01" + sealed(key)[9:])

        assert not opens(OLD, key.sealed_as(as_first_version))

    def test_opens_what_the_first_versions_sealed(self) -> None:
        old = sealed_without_id(a_signing_key(ES256))

        assert opens(OLD, old)
        assert opens(BOTH, old)
        assert not opens(NEW, old)
        assert OLD.resealed(old) != old

    def test_cr_05_opens_with_the_present_and_with_the_previous_secret(self) -> None:
        key = a_signing_key(ES256)

        assert opens(OLD, key)
        assert opens(BOTH, key)
        assert not opens(NEW, key)

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_cr_05_brings_a_key_under_the_present_secret(self, algorithm: SigningAlgorithm) -> None:
        key = a_signing_key(algorithm)
        resealed = BOTH.resealed(key)

        assert opens(NEW, resealed)
        assert not opens(OLD, resealed)
        assert replace(resealed, sealed_private_key=key.sealed_private_key) == key
        assert BOTH.resealed(resealed) is resealed

    def test_does_not_call_sealed_what_it_cannot_open(self) -> None:
        """Otherwise the previous secret would be thrown away too early."""
        key = a_signing_key(ES256)
        spoiled = key.sealed_as(SealedKey(key.sealed_private_key[:-1] + b"?"))

        for seal in (OLD, BOTH, NEW):
            with pytest.raises(UnusableKey):
                seal.resealed(spoiled)

    def test_has_nothing_to_seal_of_a_retired_key(self) -> None:
        key = a_signing_key(ES256).moved(KeyState.RETIRED, now=START)

        assert BOTH.resealed(key) is key


class TestAfterTheMasterSecretChanged:
    def test_cr_05_a_shared_secret_signs_anew_and_still_believes(self) -> None:
        old = an_issuing(HS256).signer.sign(some_claims())
        new = an_issuing(HS256, secret=NEW_SECRET).signer.sign(some_claims())
        believed = {
            secrets: verifier_of(*secrets)
            for secrets in ((NEW_SECRET, SECRET), (NEW_SECRET, None), (SECRET, None))
        }

        assert believed[NEW_SECRET, SECRET].verify(old)
        assert believed[NEW_SECRET, SECRET].verify(new)
        for secrets, foreign in (((NEW_SECRET, None), old), ((SECRET, None), new)):
            with pytest.raises(UnknownSigningKey):
                believed[secrets].verify(foreign)

    def test_a_shared_secret_is_the_present_one(self) -> None:
        ring = UnsealedKeyRing(derived=derived_keys(NEW_SECRET, SECRET), algorithm=HS256)
        signing = ring.contents.signing

        assert signing is not None
        assert signing.private == derived_keys(NEW_SECRET).key(Purpose.HS256_TOKENS)

    def test_the_previous_secret_is_as_long_and_as_hidden(self) -> None:
        with pytest.raises(ValueError, match="at least 32 octets"):
            MasterSecret(b"x" * 32, b"y" * 31)
        assert "yyyy" not in repr(MasterSecret(b"x" * 32, b"y" * 32))


def sealed(key: SigningKey) -> bytes:
    return bytes(key.sealed_private_key)


def verifier_of(secret: bytes, previous: bytes | None) -> PyJwtVerifier:
    ring = UnsealedKeyRing(derived=derived_keys(secret, previous), algorithm=HS256)
    return PyJwtVerifier(ring, issuer=ISSUER, audience=AUDIENCE)
