"""What every `CommonPasswords` promises."""

from abc import ABC, abstractmethod

from hexkey.application.ports.passwords import CommonPasswords
from hexkey.domain.accounts.password import Password


class CommonPasswordsContract(ABC):
    """Subclass as `TestXxx` and provide the `common` fixture."""

    @abstractmethod
    def common(self) -> CommonPasswords: ...

    def test_pw_07_knows_what_everybody_tries(self, common: CommonPasswords) -> None:
        for text in ("password", "12345678", "qwertyuiop", "iloveyou", "password123", "Summer2026"):
            assert common.contains(Password(text)), text

    def test_pw_07_does_not_care_about_case(self, common: CommonPasswords) -> None:
        assert common.contains(Password("PASSWORD"))
        assert common.contains(Password("pAsSwOrD"))

    def test_pw_07_compares_whole_passwords(self, common: CommonPasswords) -> None:
        for text in ("password plus quite some more", "my password is long", " password"):
            assert not common.contains(Password(text)), text

    def test_pw_05_lets_uncommon_ones_pass_whatever_they_are_made_of(
        self, common: CommonPasswords
    ) -> None:
        for text in ("kqzjxvwpyfblmno", "correct horse battery staple", "\U0001f600" * 8, "\ud800"):
            assert not common.contains(Password(text)), text
