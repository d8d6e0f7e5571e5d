from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret, Purpose
from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_material import PrivateKey, generate, public_jwk
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import (
    KeyState,
    SealedKey,
    SigningAlgorithm,
    SigningKey,
    UnusableKey,
    thumbprint,
)
from tests.contracts.key_maker import ASYMMETRIC, PRIVATE_MEMBERS, KeyMakerContract
from tests.contracts.key_ring import KeyRingContract
from tests.support.doubles import START
from tests.support.issuing import SECRET, a_signing_key, an_issuing, derived_keys, some_claims

Damage = Callable[[bytes], bytes]

# HKDF by hand: two HMACs, as in RFC 5869.
EXPECTED = {
    "signing-key-sealing/v1": "e7ece0622970fce8",
    "sealing-key-id/v1": "b63bcc2d4306c31e",
    "refresh-tokens/v1": "6644c79641255464",
    "hs256-tokens/v1": "209833e24fc2b42a",
    "hs256-key-id/v1": "1846fd04dce5a4fa",
    "cursors/v1": "83f5b82c18974ffc",
    "one-time-links/v1": "44ecf841a374b18b",
    "one-time-codes/v1": "cbeb261142ff0e0f",
    "webhook-secrets/v1": "75901e29e8dbf235",
    "audit-chain/v1": "110dae3855c93d62",
    "device-tokens/v1": "d9b2dcd865bb9c41",
    "setup-token/v1": "780b6fd7bc292b05",
}


def a_ring(
    algorithm: SigningAlgorithm = SigningAlgorithm.ES256, *, secret: bytes = SECRET
) -> UnsealedKeyRing:
    return UnsealedKeyRing(derived=derived_keys(secret), algorithm=algorithm)


def sealed_by_hand(key: PrivateKey, algorithm: SigningAlgorithm) -> SigningKey:
    """What the maker would have made, had it made this key."""
    described = public_jwk(key.public_key())
    key_id = thumbprint(described)
    seal = KeySeal(derived_keys())
    return SigningKey(
        id=key_id,
        algorithm=algorithm,
        state=KeyState.SIGNING,
        public_jwk=described,
        sealed_private_key=seal.seal(key, key_id, algorithm),
        created_at=START,
        state_since=START,
    )


class TestSealingKeyMaker(KeyMakerContract):
    @pytest.fixture
    def maker(self) -> SealingKeyMaker:
        return SealingKeyMaker(derived_keys())

    def test_jw_15_makes_rsa_keys_of_3072_bits(self) -> None:
        key = generate(SigningAlgorithm.RS256)

        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == 3072

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_cr_05_stores_nothing_readable(self, algorithm: SigningAlgorithm) -> None:
        key = a_signing_key(algorithm)
        seal = KeySeal(derived_keys())
        opened = seal.open(key.sealed_private_key, key.id, algorithm)

        assert isinstance(opened, PrivateKey)
        assert public_jwk(opened.public_key()) == key.public_jwk
        octets = opened.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert bytes(key.sealed_private_key).find(octets[-16:]) == -1


class TestUnsealedKeyRing(KeyRingContract):
    @pytest.fixture
    def ring(self) -> UnsealedKeyRing:
        return a_ring()

    def test_jw_15_refuses_a_key_of_another_master_secret(self, ring: UnsealedKeyRing) -> None:
        foreign = a_signing_key(SigningAlgorithm.ES256, secret=b"x" * 32)

        with pytest.raises(UnusableKey, match="was the master secret changed"):
            ring.load([foreign])

    @pytest.mark.parametrize(
        ("key", "algorithm"),
        [
            (rsa.generate_private_key(public_exponent=65537, key_size=1024), "RS256"),
            (rsa.generate_private_key(public_exponent=3, key_size=2048), "RS256"),
            (ec.generate_private_key(ec.SECP256R1()), "RS256"),
            (rsa.generate_private_key(public_exponent=65537, key_size=2048), "ES256"),
            (ed25519.Ed25519PrivateKey.generate(), "ES256"),
            (ec.generate_private_key(ec.SECP256R1()), "EdDSA"),
            (ec.generate_private_key(ec.SECP256R1()), "HS256"),
        ],
    )
    def test_jw_15_refuses_weak_keys_and_keys_of_another_kind(
        self, ring: UnsealedKeyRing, key: PrivateKey, algorithm: str
    ) -> None:
        """JW-15, X14."""
        with pytest.raises(UnusableKey, match="too weak"):
            ring.load([sealed_by_hand(key, SigningAlgorithm(algorithm))])

    @pytest.mark.parametrize(
        "curve", [ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1(), ec.SECP224R1()]
    )
    def test_jw_15_knows_one_curve(self, ring: UnsealedKeyRing, curve: ec.EllipticCurve) -> None:
        seal = KeySeal(derived_keys())
        key = a_signing_key(SigningAlgorithm.ES256)
        sealed = seal.seal(ec.generate_private_key(curve), key.id, key.algorithm)

        with pytest.raises(UnusableKey):
            ring.load([replace(key, sealed_private_key=sealed)])

    def test_jw_15_takes_rsa_of_2048_bits_made_elsewhere(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        ring = a_ring(SigningAlgorithm.RS256)

        ring.load([sealed_by_hand(key, SigningAlgorithm.RS256)])

        assert ring.contents.signing is not None

    def test_does_not_take_ed448_for_ed25519(self, ring: UnsealedKeyRing) -> None:
        key = a_signing_key(SigningAlgorithm.EDDSA)
        seal = KeySeal(derived_keys())
        foreign: object = ed448.Ed448PrivateKey.generate()
        sealed = seal.seal(foreign, key.id, key.algorithm)  # type: ignore[arg-type] # the attack

        with pytest.raises(UnusableKey):
            ring.load([replace(key, sealed_private_key=sealed)])

    def test_does_not_believe_a_public_key_that_was_put_into_the_database(
        self, ring: UnsealedKeyRing
    ) -> None:
        ours, planted = (a_signing_key(SigningAlgorithm.ES256, number=n) for n in (1, 2))
        changes: list[dict[str, Any]] = [
            {"public_jwk": planted.public_jwk},
            {"public_jwk": planted.public_jwk, "id": planted.id},
            {"sealed_private_key": planted.sealed_private_key},
            {"id": planted.id},
            {"public_jwk": {**ours.public_jwk, "d": "AAAA"}},
            {"public_jwk": {}},
        ]
        for change in changes:
            with pytest.raises(UnusableKey):
                ring.load([replace(ours, **change)])

    def test_does_not_take_a_key_for_another_algorithm(self, ring: UnsealedKeyRing) -> None:
        key = replace(a_signing_key(SigningAlgorithm.ES256), algorithm=SigningAlgorithm.RS256)

        with pytest.raises(UnusableKey):
            ring.load([key])

    @pytest.mark.parametrize(
        "damage",
        [
            lambda octets: b"",
            lambda octets: octets[:1],
            lambda octets: octets[:13],
            lambda octets: octets[:-1],
            lambda octets: octets + b"0",
            lambda octets: octets[:21],
            lambda octets: b"\x01" + octets[1:],
            lambda octets: b"\x03" + octets[1:],
            lambda octets: octets[:5] + bytes([octets[5] ^ 1]) + octets[6:],
            lambda octets: octets[:-1] + bytes([octets[-1] ^ 1]),
        ],
    )
    def test_refuses_a_damaged_seal(self, ring: UnsealedKeyRing, damage: Damage) -> None:
        key = a_signing_key(SigningAlgorithm.ES256)
        damaged = SealedKey(damage(key.sealed_private_key))

        with pytest.raises(UnusableKey):
            ring.load([replace(key, sealed_private_key=damaged)])

    def test_jw_15_refuses_two_keys_of_one_id(self, ring: UnsealedKeyRing) -> None:
        key = a_signing_key(SigningAlgorithm.ES256)

        with pytest.raises(UnusableKey, match="same id"):
            ring.load([key, replace(key, state=KeyState.VERIFYING)])

    def test_signs_with_the_signing_key_of_the_configured_algorithm(self) -> None:
        keys = [
            a_signing_key(SigningAlgorithm.EDDSA),
            replace(a_signing_key(SigningAlgorithm.ES256, number=1), state=KeyState.VERIFYING),
            a_signing_key(SigningAlgorithm.ES256, number=2),
        ]
        for algorithm, expected in (
            (SigningAlgorithm.ES256, keys[2].id),
            (SigningAlgorithm.EDDSA, keys[0].id),
            (SigningAlgorithm.RS256, None),
        ):
            ring = a_ring(algorithm)
            ring.load(keys)
            signing = ring.contents.signing

            assert (signing and signing.id) == expected
            assert set(ring.contents.by_id) == {key.id for key in keys}

    def test_unseals_a_key_only_once(
        self, ring: UnsealedKeyRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Forged key ids cause reloads; they must not cause RSA arithmetic."""
        first, second = (a_signing_key(SigningAlgorithm.ES256, number=n) for n in (1, 2))
        ring.load([first])
        contents = ring.contents
        opened: list[KeyId] = []
        real = KeySeal.open

        def counted(
            seal: KeySeal, sealed: SealedKey, id: KeyId, algorithm: SigningAlgorithm
        ) -> object:
            opened.append(id)
            return real(seal, sealed, id, algorithm)

        monkeypatch.setattr(KeySeal, "open", counted)
        ring.load([first])
        assert ring.contents is contents
        ring.load([replace(first, state=KeyState.VERIFYING), second])

        assert opened == [second.id]

    def test_jw_15_never_publishes_a_shared_secret(self) -> None:
        ring = a_ring(SigningAlgorithm.HS256)
        ring.load([a_signing_key(SigningAlgorithm.ES256)])

        assert [key["alg"] for key in ring.published()] == ["ES256"]
        assert all(PRIVATE_MEMBERS.isdisjoint(key) for key in ring.published())

    def test_jw_01_knows_no_shared_secret_unless_it_is_configured(self) -> None:
        token = an_issuing(SigningAlgorithm.HS256).signer.sign(some_claims())
        for algorithm in ASYMMETRIC:
            with pytest.raises(Exception, match="Invalid token"):
                an_issuing(algorithm).verifier.verify(token)


class TestMasterSecret:
    def test_jw_15_has_at_least_256_bits(self) -> None:
        with pytest.raises(ValueError, match="at least 32 octets"):
            MasterSecret(b"x" * 31)
        assert MasterSecret(b"x" * 32)

    def test_is_never_shown(self) -> None:
        assert "xxxx" not in repr(MasterSecret(b"x" * 32))


class TestDerivedKeys:
    def test_cr_04_are_all_different(self) -> None:
        keys = derived_keys()
        values = {keys.key(purpose) for purpose in Purpose}

        assert len(values) == len(Purpose)
        assert all(len(value) == 32 for value in values)

    def test_are_the_same_after_a_restart(self) -> None:
        """A change would sign everybody out and make every stored key unreadable."""
        keys = DerivedKeys(MasterSecret(bytes(range(32))))

        assert {purpose.value: keys.key(purpose).hex()[:16] for purpose in Purpose} == EXPECTED

    def test_depend_on_the_whole_secret(self) -> None:
        assert derived_keys(b"x" * 64).key(Purpose.CURSORS) != derived_keys(b"x" * 65).key(
            Purpose.CURSORS
        )
