"""CR-04, P65, P66: what was made for one purpose is never accepted for another."""

import hmac
import itertools
from collections.abc import Callable
from zlib import crc32

import pytest

from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.adapters.crypto.derived_keys import Purpose
from hexkey.adapters.crypto.device_tokens import KeyedDeviceTokens
from hexkey.adapters.crypto.key_material import generate
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.one_time_secrets import KeyedOneTimeSecrets
from hexkey.adapters.crypto.refresh_tokens import PREFIX, KeyedRefreshTokens
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.one_time_token import Purpose as OneTimePurpose
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import KeyId, MessageId, SessionId, TokenId
from hexkey.domain.keys import SealedKey, SigningAlgorithm, UnusableKey
from tests.support.builders import a_user
from tests.support.issuing import Issuing, an_issuing, derived_keys, some_claims
from tests.support.jose import forge, octets_of, read, segment

ISSUING = an_issuing(SigningAlgorithm.HS256)
CURSORS = EncryptedCursors(derived_keys())
SEAL = KeySeal(derived_keys())
REFRESH_TOKENS = KeyedRefreshTokens(derived_keys())
ONE_TIME = KeyedOneTimeSecrets(derived_keys())
DEVICES, OWNER = KeyedDeviceTokens(derived_keys()), a_user()
KID = KeyId("k" * 43)
SESSION = SessionId("00000000-0000-7000-8000-000000000003")


def sealed_key() -> bytes:
    return SEAL.seal(generate(SigningAlgorithm.ES256), KID, SigningAlgorithm.ES256)


def open_seal(text: str) -> object:
    return SEAL.open(SealedKey(octets_of(text)), KID, SigningAlgorithm.ES256)


def read_link(text: str) -> str:
    digest = ONE_TIME.digest(text) if text.startswith("hxk_ot_") else None
    if digest is None:
        raise InvalidOrExpiredToken
    return digest


def read_device(text: str) -> str:
    device = DEVICES.read(text, OWNER)
    if device is None:
        raise InvalidOrExpiredToken
    return device


def read_code(text: str) -> bool:
    if not ONE_TIME.is_code(TokenId(SESSION), text):
        raise InvalidOrExpiredToken
    return True


MAKERS: dict[str, Callable[[], str]] = {
    "access token": lambda: ISSUING.signer.sign(some_claims()),
    "cursor of users": lambda: CURSORS.seal("x", listing="users"),
    "cursor of audit": lambda: CURSORS.seal("x", listing="audit"),
    "sealed key": lambda: segment(sealed_key()),
    "refresh token": lambda: REFRESH_TOKENS.write(SESSION, 1),
    "inside of a refresh token": lambda: REFRESH_TOKENS.write(SESSION, 1)[len(PREFIX) :],
    "link": lambda: ONE_TIME.link(MessageId(SESSION), OneTimePurpose.RESET_PASSWORD),
    "code": lambda: ONE_TIME.code(TokenId(SESSION)),
    "device token": lambda: DEVICES.write(SESSION, OWNER),
}
READERS: dict[str, Callable[[str], object]] = {
    "device token": read_device,
    "access token": ISSUING.verifier.verify,
    "cursor of users": lambda text: CURSORS.open(text, listing="users"),
    "cursor of audit": lambda text: CURSORS.open(text, listing="audit"),
    "sealed key": open_seal,
    "refresh token": REFRESH_TOKENS.read,
    "inside of a refresh token": lambda text: REFRESH_TOKENS.read(PREFIX + text),
    "link": read_link,
    "code": read_code,
}


class TestPurposes:
    @pytest.mark.parametrize(("made", "taken"), [*itertools.product(MAKERS, READERS)])
    def test_cr_04_are_never_taken_for_each_other(self, made: str, taken: str) -> None:
        artefact = MAKERS[made]()
        if made == taken:
            assert READERS[taken](artefact)
            return
        with pytest.raises((HexkeyError, UnusableKey, ValueError)):
            READERS[taken](artefact)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_cr_04_only_one_key_signs_tokens(self, purpose: Purpose) -> None:
        header, claims = read(ISSUING.signer.sign(some_claims()))
        forged = forge(header, claims, derived_keys().key(purpose))

        if purpose is Purpose.HS256_TOKENS:
            assert ISSUING.verifier.verify(forged) == some_claims()
        else:
            with pytest.raises(HexkeyError):
                ISSUING.verifier.verify(forged)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_cr_04_only_one_key_opens_signing_keys(self, purpose: Purpose) -> None:
        sealed = SealedKey(sealed_key())
        seal = KeySeal(derived_keys(), purpose)

        if purpose is Purpose.SIGNING_KEY_SEALING:
            assert seal.open(sealed, KID, SigningAlgorithm.ES256)
        else:
            with pytest.raises(UnusableKey):
                seal.open(sealed, KID, SigningAlgorithm.ES256)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_cr_04_only_one_key_makes_refresh_tokens(self, purpose: Purpose) -> None:
        head = octets_of(REFRESH_TOKENS.write(SESSION, 1)[len(PREFIX) :])[:21]
        mac = hmac.digest(derived_keys().key(purpose), PREFIX.encode() + head, "sha256")
        body = head + mac
        forged = PREFIX + segment(body + crc32(PREFIX.encode() + body).to_bytes(4))

        if purpose is Purpose.REFRESH_TOKENS:
            assert REFRESH_TOKENS.read(forged) == (SESSION, 1)
        else:
            with pytest.raises(HexkeyError):
                REFRESH_TOKENS.read(forged)

    def test_cr_04_the_master_secret_itself_signs_nothing(self) -> None:
        issuing: Issuing = an_issuing(SigningAlgorithm.HS256, secret=b"m" * 32)
        header, claims = read(issuing.signer.sign(some_claims()))

        with pytest.raises(HexkeyError):
            issuing.verifier.verify(forge(header, claims, b"m" * 32))

    def test_the_key_id_of_a_shared_secret_says_nothing_about_it(self) -> None:
        kid = octets_of(ISSUING.key_id)

        assert kid == derived_keys().key(Purpose.HS256_KEY_ID)
        assert kid != derived_keys().key(Purpose.HS256_TOKENS)
