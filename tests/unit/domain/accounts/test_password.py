import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.accounts.password import (
    MAX_PASSWORD_LENGTH,
    MAX_PASSWORD_OCTETS,
    Password,
    PasswordCommon,
    PasswordHash,
    PasswordInvalid,
    PasswordPolicy,
    PasswordRejected,
    PasswordTooLong,
    PasswordTooShort,
    scheme_of,
)
from tests.support.builders import ARGON2_HASH, BCRYPT_HASH
from tests.support.strategies import is_nfc, text

POLICY = PasswordPolicy()
EMOJI = "\U0001f600"


class TestPasswordPolicy:
    @pytest.mark.parametrize("minimum", [8, 15, 64])
    def test_pw_01_takes_the_minimum_and_no_less(self, minimum: int) -> None:
        """PW-01: 7 is refused and 8 accepted; with the minimum at 15, 14 and 15."""
        policy = PasswordPolicy(minimum=minimum)

        assert policy.accept("q" * minimum).text == "q" * minimum
        with pytest.raises(PasswordTooShort):
            policy.accept("q" * (minimum - 1))

    @pytest.mark.parametrize("minimum", [7, 1, 0, -1])
    def test_pw_01_cannot_be_made_weaker(self, minimum: int) -> None:
        with pytest.raises(ValueError, match="not safe"):
            PasswordPolicy(minimum=minimum)

    def test_pw_02_counts_code_points(self) -> None:
        """PW-02: neither octets nor UTF-16 units."""
        POLICY.accept(EMOJI * 8)

        with pytest.raises(PasswordTooShort):
            POLICY.accept(EMOJI * 7)

    def test_pw_02_counts_what_is_hashed(self) -> None:
        with pytest.raises(PasswordTooShort):
            POLICY.accept("e\u0301" * 7)

        POLICY.accept("e\u0301" * 8)

    @pytest.mark.parametrize("length", [64, 72, 73, 256])
    def test_pw_03_takes_long_ones(self, length: int) -> None:
        POLICY.accept("x" * length)

    @pytest.mark.parametrize(
        "over_long",
        ["x" * 257, "x" * 1025, EMOJI * 257, "x" * 1_000_000, "\u0301\u0316" * 16_000],
        ids=["257", "1025", "emoji", "1 MB", "marks"],
    )
    def test_pw_03_refuses_longer_ones(self, over_long: str) -> None:
        with pytest.raises(PasswordTooLong):
            POLICY.accept(over_long)
        assert Password.typed(over_long).over_long

    def test_pw_03_is_not_too_long_because_a_keyboard_decomposes(self) -> None:
        typed = unicodedata.normalize("NFD", "\u1f82" * MAX_PASSWORD_LENGTH)

        assert len(typed) == 4 * MAX_PASSWORD_LENGTH
        assert not Password.typed(typed).over_long

    def test_a_password_of_the_greatest_length_is_of_at_most_so_many_octets(self) -> None:
        assert len((EMOJI * MAX_PASSWORD_LENGTH).encode()) <= MAX_PASSWORD_OCTETS

    @pytest.mark.parametrize(
        "kept",
        [
            " leading",
            "trailing ",
            "in ner sp",
            "qwhzxkvbnmpfjtd",
            "~!@#$%^&*()",
            "'\"`<>&;\\/",
            "пароль-есть",
            "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0",
            "right\u202eleft",
        ],
    )
    def test_pw_05_keeps_every_character(self, kept: str) -> None:
        """PW-05: spaces, ASCII, Unicode; no rule about composition."""
        assert POLICY.accept(kept).text == unicodedata.normalize("NFC", kept)

    @pytest.mark.parametrize("control", ["\0", "\t", "\n", "\x7f", "\x9f", "\ud800", "\u2028"])
    def test_refuses_what_keyboards_do_not_pass_on(self, control: str) -> None:
        with pytest.raises(PasswordInvalid):
            POLICY.accept(f"correct{control}horse")

    @pytest.mark.parametrize("typed", ["alice@example.com", "ALICE@example.COM"])
    def test_pw_07_refuses_what_everybody_knows(self, typed: str) -> None:
        with pytest.raises(PasswordCommon):
            POLICY.accept(typed, about_user=frozenset(("alice@example.com",)))

    def test_pw_07_refuses_the_name_of_the_service(self) -> None:
        policy = PasswordPolicy(service_name="Example Portal")

        with pytest.raises(PasswordCommon):
            policy.accept("example portal")

    def test_pw_07_compares_the_whole_and_not_a_part(self) -> None:
        POLICY.accept("alice@example.com!", about_user=frozenset(("alice@example.com",)))

    @given(text, st.integers(8, 64))
    def test_accepts_or_says_why(self, typed: str, minimum: int) -> None:
        try:
            accepted = PasswordPolicy(minimum=minimum).accept(typed)
        except (PasswordTooShort, PasswordTooLong, PasswordInvalid, PasswordCommon):
            return
        assert minimum <= len(accepted.text) <= MAX_PASSWORD_LENGTH
        assert len(accepted.text.encode()) <= MAX_PASSWORD_OCTETS
        assert accepted == Password.typed(typed)


class TestPassword:
    def test_pw_06_is_the_same_from_every_keyboard(self) -> None:
        assert Password.typed("caf\u00e9 noir") == Password.typed("cafe\u0301 noir")

    def test_pw_06_is_not_folded_any_further(self) -> None:
        """PW-06: U+FF45 is another letter than `e`."""
        assert Password.typed("\uff45") != Password.typed("e")
        assert Password.typed("E") != Password.typed("e")
        assert Password.typed(" e") != Password.typed("e")

    @given(text)
    def test_pw_06_is_typed_again_as_itself(self, typed: str) -> None:
        once = Password.typed(typed)

        assert Password.typed(once.text) == once
        assert once.over_long or is_nfc(once.text)

    @given(text)
    def test_what_no_account_can_have_is_over_long(self, typed: str) -> None:
        """What the policy refuses as too long is never hashed, and the other way round."""
        try:
            POLICY.accept(typed)
        except PasswordTooLong:
            refused = True
        except PasswordRejected:
            refused = False
        else:
            refused = False
        assert Password.typed(typed).over_long == refused


class TestSchemeOf:
    @pytest.mark.parametrize(
        ("hashed", "scheme"),
        [
            (BCRYPT_HASH, "$bcrypt-sha256$v=2,t=2b,r=12$"),
            (ARGON2_HASH, "$argon2id$v=19$m=47104,t=1,p=1$"),
            ("$2b$10$" + "a" * 53, "$2b$10$"),
            ("$2a$04$" + "./" * 26 + "Z", "$2a$04$"),
            ("$2y$12$" + "9" * 53, "$2y$12$"),
        ],
    )
    def test_is_what_stands_before_the_salt(self, hashed: str, scheme: str) -> None:
        assert scheme_of(PasswordHash(hashed)) == scheme

    @pytest.mark.parametrize(
        "other", ["", "!", "$2b$10$" + "a" * 52, "$2x$10$" + "a" * 53, "$1$salt$x", "plain"]
    )
    def test_is_nothing_for_what_is_no_hash(self, other: str) -> None:
        assert scheme_of(PasswordHash(other)) is None

    @given(text)
    def test_is_a_part_of_the_hash_if_anything(self, junk: str) -> None:
        scheme = scheme_of(PasswordHash(junk))

        assert scheme is None or junk.startswith(scheme)
