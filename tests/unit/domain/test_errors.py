from datetime import timedelta

import pytest

from hexkey.domain.accounts.password import HashingOverloaded, PasswordTooShort
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable


class TestHexkeyError:
    def test_is_told_in_its_own_words(self) -> None:
        assert str(PasswordTooShort()) == PasswordTooShort.message

    def test_pw_12_says_nothing_about_what_was_sent(self) -> None:
        """PW-12, LG-05: whatever somebody raises it with."""
        refusal: HexkeyError = PasswordTooShort("hunter2")

        assert "hunter2" not in str(refusal)


class TestTemporarilyUnavailable:
    @pytest.mark.parametrize("kind", [TemporarilyUnavailable, HashingOverloaded])
    def test_says_when_to_come_back(self, kind: type[TemporarilyUnavailable]) -> None:
        assert kind().retry_after == timedelta(seconds=1)
        assert kind(retry_after=timedelta(seconds=7)).retry_after == timedelta(seconds=7)


class TestTooManyAttempts:
    def test_says_when_to_come_back(self) -> None:
        refusal = TooManyAttempts(retry_after=timedelta(seconds=4))

        assert refusal.retry_after == timedelta(seconds=4)
        assert str(refusal) == TooManyAttempts.message
