import hmac
from zlib import crc32

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hexkey.adapters.crypto.derived_keys import Purpose
from hexkey.adapters.crypto.refresh_tokens import PREFIX, TOKEN_LENGTH, KeyedRefreshTokens
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected
from tests.contracts.refresh_tokens import MOST, ONE, RefreshTokensContract
from tests.support.issuing import SECRET, derived_keys
from tests.support.jose import octets_of, segment

OTHER_SECRET = b"another master secret, 32 octets"
TOKENS = KeyedRefreshTokens(derived_keys())
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

sessions = st.uuids().map(str).map(SessionId)
numbers = st.integers(1, MOST)


def octets(token: str) -> bytes:
    return octets_of(token.removeprefix(PREFIX))


def with_sum(body: bytes) -> str:
    """A token whose checksum is right, which anybody can make."""
    return PREFIX + segment(body + crc32(PREFIX.encode() + body).to_bytes(4))


class TestKeyedRefreshTokens(RefreshTokensContract):
    @pytest.fixture
    def tokens(self) -> KeyedRefreshTokens:
        return TOKENS

    @pytest.fixture
    def stranger(self) -> KeyedRefreshTokens:
        return KeyedRefreshTokens(derived_keys(OTHER_SECRET))

    @given(sessions, numbers)
    def test_reads_every_session_and_number(self, session: SessionId, number: int) -> None:
        token = TOKENS.write(session, number)

        assert len(token) == TOKEN_LENGTH
        assert TOKENS.read(token) == (session, number)

    @given(sessions, numbers, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET))
    def test_no_changed_character_is_accepted(
        self, session: SessionId, number: int, at: int, character: str
    ) -> None:
        token = TOKENS.write(session, number)
        assume(token[at] != character)

        with pytest.raises(RefreshTokenRejected):
            TOKENS.read(token[:at] + character + token[at + 1 :])

    @given(sessions, numbers, st.data())
    def test_no_changed_bit_is_accepted_with_a_right_checksum(
        self, session: SessionId, number: int, data: st.DataObject
    ) -> None:
        """It is the key that protects, not the checksum."""
        body = bytearray(octets(TOKENS.write(session, number))[:-4])
        bit = data.draw(st.integers(0, len(body) * 8 - 1))
        body[bit // 8] ^= 1 << bit % 8

        with pytest.raises(RefreshTokenRejected):
            TOKENS.read(with_sum(bytes(body)))

    @given(st.binary(min_size=53, max_size=53))
    def test_no_guess_is_accepted(self, body: bytes) -> None:
        with pytest.raises(RefreshTokenRejected):
            TOKENS.read(with_sum(body))

    @given(st.text())
    def test_no_text_is_more_than_refused(self, text: str) -> None:
        for junk in (text, PREFIX + text):
            with pytest.raises(RefreshTokenRejected):
                TOKENS.read(junk)

    def test_knows_no_other_version(self) -> None:
        """Also not under our key, so that a later version can mean something else by it."""
        head = b"\x02" + octets(TOKENS.write(ONE, 1))[1:21]
        mac = hmac.digest(
            derived_keys().key(Purpose.REFRESH_TOKENS), PREFIX.encode() + head, "sha256"
        )

        with pytest.raises(RefreshTokenRejected):
            TOKENS.read(with_sum(head + mac))

    def test_asks_no_key_about_junk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Scanners and typing errors cost a checksum, not an HMAC."""
        asked: list[object] = []
        real = hmac.digest

        def counted(key: bytes, message: bytes, digest: str) -> bytes:
            asked.append(message)
            return real(key, message, digest)

        monkeypatch.setattr(hmac, "digest", counted)
        good = TOKENS.write(SessionId("a" * 8 + str(ONE)[8:]), 1)
        asked.clear()

        for junk in (good[:-1] + "!", good[:20] + good[20].swapcase() + good[21:], good[:-4]):
            with pytest.raises(RefreshTokenRejected):
                TOKENS.read(junk)
        assert asked == []
        assert TOKENS.read(good)[1] == 1
        assert len(asked) == 1

    def test_cr_02_compares_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        compared: list[int] = []
        real = hmac.compare_digest

        def counted(one: bytes, other: bytes) -> bool:
            compared.append(len(one))
            return real(one, other)

        monkeypatch.setattr(hmac, "compare_digest", counted)
        both = KeyedRefreshTokens(derived_keys(SECRET, OTHER_SECRET))
        both.read(TOKENS.write(ONE, 1))

        assert compared == [32, 32]  # 256 bits, under either secret

    @pytest.mark.parametrize("id", ["", "x" * 36, str(ONE).replace("-", ""), "F" * 36])
    def test_writes_for_canonical_ids_only(self, id: str) -> None:
        with pytest.raises(ValueError, match="canonical"):
            TOKENS.write(SessionId(id), 1)


class TestAfterTheMasterSecretChanged:
    NEW = KeyedRefreshTokens(derived_keys(OTHER_SECRET, SECRET))

    def test_what_the_previous_one_wrote_is_still_read(self) -> None:
        assert self.NEW.read(TOKENS.write(ONE, 7)) == (ONE, 7)

    def test_what_is_written_is_of_the_present_one(self) -> None:
        token = self.NEW.write(ONE, 8)

        assert token == KeyedRefreshTokens(derived_keys(OTHER_SECRET)).write(ONE, 8)
        with pytest.raises(RefreshTokenRejected):
            TOKENS.read(token)

    def test_without_the_previous_one_its_tokens_are_gone(self) -> None:
        with pytest.raises(RefreshTokenRejected):
            KeyedRefreshTokens(derived_keys(OTHER_SECRET)).read(TOKENS.write(ONE, 7))
