"""What every `PasswordHasher` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme, scheme_of

NO_HASHES = [
    "",
    " ",
    "!",
    "*",
    "x",
    "null",
    "None",
    "{}",
    "[]",
    "0",
    "true",
    "\0",
    "$",
    "$$$$",
    "\ud800",
    "d41d8cd98f00b204e9800998ecf8427e",
    "$2b$12$",
    "$2b$12$" + "a" * 52,
    "$2b$12$" + "a" * 54,
    "$2b$12$" + "é" * 53,
    "$2b$4$" + "a" * 53,
    "$2x$12$" + "a" * 53,
    "$2b$12$" + "z" * 53,
    "$2b$12$" + "a" * 53 + "\n",
    "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft",
    "$bcrypt-sha256$v=2,t=2b,r=012$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    "$bcrypt-sha256$v=1,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    "$argon2i$v=19$m=47104,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
    "$argon2id$v=16$m=47104,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
    "$argon2id$v=19$m=47104,t=1,p=1$$",
    "$argon2id$v=19$m=47104,t=1,p=1$a$a",
    "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
]

UNBEARABLE = [
    "$2b$31$" + "." * 53,
    "$2b$17$" + "." * 53,
    "$2b$03$" + "." * 53,
    "$bcrypt-sha256$v=2,t=2b,r=31$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    "$argon2id$v=19$m=2147483648,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
    "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
    "$argon2id$v=19$m=47104,t=999,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
    "$argon2id$v=19$m=47104,t=1,p=99$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43,
]


class PasswordHasherContract(ABC):
    """Subclass as `TestXxx` and provide the `hasher` fixture."""

    @abstractmethod
    def hasher(self) -> PasswordHasher: ...

    async def test_recognizes_the_password_and_no_other(self, hasher: PasswordHasher) -> None:
        hashed = await hasher.hash(Password("correct horse"))

        assert await hasher.verify(Password("correct horse"), hashed)
        assert not await hasher.verify(Password("Correct horse"), hashed)
        assert not await hasher.verify(Password("correct horse "), hashed)

    async def test_pw_05_salts_so_that_equal_passwords_differ(self, hasher: PasswordHasher) -> None:
        first, second = [await hasher.hash(Password("correct horse")) for _ in range(2)]

        assert first != second

    async def test_pw_04_no_truncation(self, hasher: PasswordHasher) -> None:
        """PW-04, X11, P113: what comes after octet 72, or after a NUL, counts."""
        hashed = await hasher.hash(Password("a" * 72 + "X"))

        assert await hasher.verify(Password("a" * 72 + "X"), hashed)
        assert not await hasher.verify(Password("a" * 72), hashed)
        assert not await hasher.verify(Password("a" * 72 + "Y"), hashed)
        assert not await hasher.verify(Password("a" * 72 + "X\0"), hashed)

    async def test_pw_05_takes_any_character(self, hasher: PasswordHasher) -> None:
        for text in (
            " spaces inside and out ",
            "\x7f~!\"#$%&'()*+,-./",
            "\U0001f600" * 8,
            "é" * 256,
        ):
            hashed = await hasher.hash(Password(text))

            assert await hasher.verify(Password(text), hashed)
            assert not await hasher.verify(Password(text.strip() + "x"), hashed)

    async def test_pw_09_names_the_scheme_of_its_hashes(self, hasher: PasswordHasher) -> None:
        hashed = await hasher.hash(Password("correct horse"))

        assert hasher.scheme_of(hashed) == hasher.scheme == scheme_of(hashed)
        assert hashed.startswith(hasher.scheme)

    @pytest.mark.parametrize("text", NO_HASHES)
    async def test_pw_14_nothing_matches_what_is_no_hash(
        self, hasher: PasswordHasher, text: str
    ) -> None:
        """PW-14: an unusable marker, whatever it looks like, lets nobody in and raises nothing."""
        for password in ("", text, "password", "\ud800"):
            assert await hasher.verify(Password(password), PasswordHash(text)) is False

    @pytest.mark.parametrize("text", UNBEARABLE)
    async def test_refuses_hashes_that_would_take_for_ever(
        self, hasher: PasswordHasher, text: str
    ) -> None:
        assert hasher.scheme_of(PasswordHash(text)) is None
        assert await hasher.verify(Password("password"), PasswordHash(text)) is False

    async def test_pw_14_an_empty_password_is_no_proof(self, hasher: PasswordHasher) -> None:
        """PW-14, P68: even if somebody stored a hash of it."""
        hashed = await hasher.hash(Password(""))

        assert await hasher.verify(Password(""), hashed) is False

    async def test_makes_decoys_that_nothing_matches(self, hasher: PasswordHasher) -> None:
        decoy = hasher.decoy(hasher.scheme)

        assert hasher.scheme_of(decoy) == hasher.scheme
        assert decoy != hasher.decoy(hasher.scheme)
        assert len(decoy) == len(await hasher.hash(Password("correct horse")))
        assert await hasher.verify(Password("correct horse"), decoy) is False

    def test_makes_no_decoy_of_what_it_cannot_verify(self, hasher: PasswordHasher) -> None:
        for scheme in ("", "$2b$31$", "$argon2id$v=19$m=2147483648,t=1,p=1$", "$md5$"):
            with pytest.raises(ValueError, match="nobody can verify"):
                hasher.decoy(PasswordScheme(scheme))
