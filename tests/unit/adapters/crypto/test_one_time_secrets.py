import hmac
import string
from collections import Counter
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.adapters.crypto.derived_keys import Purpose as KeyPurpose
from hexkey.adapters.crypto.one_time_secrets import PREFIX, KeyedOneTimeSecrets
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.identifiers import MessageId, TokenId
from tests.contracts.one_time_secrets import OneTimeSecretsContract
from tests.support.builders import an_id
from tests.support.issuing import SECRET, derived_keys
from tests.support.jose import octets_of, segment

OTHER_SECRET = b"another master secret, 32 octets"
SECRETS = KeyedOneTimeSecrets(derived_keys())
ID = MessageId("00000000-0000-7000-8000-000000000009")


class TestKeyedOneTimeSecrets(OneTimeSecretsContract):
    @pytest.fixture
    def secrets(self) -> KeyedOneTimeSecrets:
        return SECRETS

    @pytest.fixture
    def stranger(self) -> KeyedOneTimeSecrets:
        return KeyedOneTimeSecrets(derived_keys(OTHER_SECRET))

    @given(st.text())
    def test_no_text_is_more_than_refused(self, text: str) -> None:
        assert SECRETS.digest(PREFIX + text) is None
        assert not SECRETS.is_code(TokenId(ID), text)

    def test_is_an_hmac_of_purpose_and_id_with_a_checksum(self) -> None:
        """So that no version may change it while links are under way."""
        key = derived_keys().key(KeyPurpose.ONE_TIME_LINKS)
        mac = hmac.digest(key, b"reset_password|" + ID.encode(), "sha256")

        assert SECRETS.link(ID, Purpose.RESET_PASSWORD) == (
            PREFIX + segment(mac + crc32(PREFIX.encode() + mac).to_bytes(4))
        )

    def test_cr_04_codes_have_a_key_of_their_own(self) -> None:
        key = derived_keys().key(KeyPurpose.ONE_TIME_CODES)
        number = int.from_bytes(hmac.digest(key, ID.encode(), "sha256")) % 10**6

        assert SECRETS.code(TokenId(ID)) == f"{number:06}"

    def test_rc_14_every_digit_is_as_likely_in_every_place(self) -> None:
        codes = [SECRETS.code(TokenId(an_id())) for _ in range(20_000)]

        for place in range(6):
            counts = Counter(code[place] for code in codes)
            assert set(counts) == set(string.digits)
            # 2,000 expected, with a standard deviation of 42.
            assert all(1750 < count < 2250 for count in counts.values())

    def test_a_link_holds_nothing_of_its_message(self) -> None:
        octets = octets_of(SECRETS.link(ID, Purpose.INVITE).removeprefix(PREFIX))

        assert len(octets) == 36
        assert bytes.fromhex(ID.replace("-", "")) not in octets

    def test_cr_02_compares_codes_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        compared: list[int] = []
        real = hmac.compare_digest

        def counted(one: bytes, other: bytes) -> bool:
            compared.append(len(one))
            return real(one, other)

        monkeypatch.setattr(hmac, "compare_digest", counted)
        both = KeyedOneTimeSecrets(derived_keys(SECRET, OTHER_SECRET))
        for typed in (SECRETS.code(TokenId(ID)), "000000", "no code"):
            both.is_code(TokenId(ID), typed)

        assert compared == [6, 6] * 3


class TestAfterTheMasterSecretChanged:
    NEW = KeyedOneTimeSecrets(derived_keys(OTHER_SECRET, SECRET))

    def test_a_code_that_was_mailed_before_is_still_one(self) -> None:
        assert self.NEW.is_code(TokenId(ID), SECRETS.code(TokenId(ID)))
        assert self.NEW.code(TokenId(ID)) != SECRETS.code(TokenId(ID))

    def test_a_link_that_was_mailed_before_has_the_digest_that_is_stored(self) -> None:
        link = SECRETS.link(ID, Purpose.RESET_PASSWORD)

        assert self.NEW.digest(link) == SECRETS.digest(link)

    def test_without_the_previous_one_its_codes_are_gone(self) -> None:
        later = KeyedOneTimeSecrets(derived_keys(OTHER_SECRET))

        assert not later.is_code(TokenId(ID), SECRETS.code(TokenId(ID)))
