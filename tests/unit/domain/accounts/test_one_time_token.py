"""RC-01, RC-02, RC-10, RC-14: the rules of a one-time token, at their very instants."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.domain.accounts.email import MAX_EMAIL_KEY_LENGTH
from hexkey.domain.accounts.one_time_token import (
    CODE_LIFETIME,
    LIFETIMES,
    MAX_SUBJECT_LENGTH,
    MOST_TRIES,
    VOID_WITH_PASSWORD,
    WITH_CODE,
    Purpose,
    subject_of,
)
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import ID_LENGTH, UserId
from tests.support.builders import ARGON2_HASH, a_one_time_token, a_user, an_email, an_id
from tests.support.doubles import START

MOMENT = timedelta(milliseconds=1)
LATER = START + timedelta(minutes=1)
ALICE = a_user(email="alice@example.com")

CHANGES: dict[str, User] = {
    "nothing": ALICE,
    "new name": replace(ALICE, version=2),
    "new password": ALICE.with_password(ARGON2_HASH, now=LATER),
    "no password": ALICE.without_password(now=LATER),
    "new address": ALICE.with_verified_email(an_email("alice@new.example"), now=LATER),
    "no address": ALICE.without_email(now=LATER),
    "disabled": ALICE.disabled(now=LATER),
    "disabled and back": ALICE.disabled(now=LATER).enabled(now=LATER),
    "somebody else": replace(ALICE, id=UserId(an_id())),
}
OUTLIVE = {Purpose.UNDO_EMAIL_CHANGE, Purpose.RESTORE_ACCOUNT}
OF_ADDRESS = {Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD}


def should_fit(purpose: Purpose, change: str) -> bool:
    if change in ("disabled", "somebody else"):
        return False
    if change in ("new password", "no password", "disabled and back"):
        return purpose in OUTLIVE
    if change in ("new address", "no address"):
        return purpose not in OF_ADDRESS
    return True


class TestOneTimeToken:
    @pytest.mark.parametrize("purpose", Purpose)
    @pytest.mark.parametrize("change", CHANGES)
    def test_rc_02_fits_only_whom_it_was_made_for(self, purpose: Purpose, change: str) -> None:
        token = a_one_time_token(purpose=purpose, user=ALICE)

        assert token.fits(CHANGES[change]) is should_fit(purpose, change)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_rc_10_lives_from_its_first_to_before_its_last_instant(self, purpose: Purpose) -> None:
        token = a_one_time_token(purpose=purpose, user=ALICE)
        end = START + LIFETIMES[purpose]

        assert token.is_live(now=START)
        assert token.is_live(now=end - MOMENT)
        assert not token.is_live(now=end)
        assert not token.is_live(now=START - MOMENT)
        assert not token.used(now=START).is_live(now=START)
        assert not token.voided().is_live(now=START)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_rc_14_takes_codes_for_ten_minutes_and_five_tries(self, purpose: Purpose) -> None:
        token = a_one_time_token(purpose=purpose, user=ALICE)

        assert token.takes_codes(now=START) is (purpose in WITH_CODE)
        assert not token.takes_codes(now=START + CODE_LIFETIME)
        assert not token.used(now=START).takes_codes(now=START)
        for tries in range(MOST_TRIES):
            assert token.takes_codes(now=START) is (purpose in WITH_CODE), tries
            token = token.tried()
        assert not token.takes_codes(now=START)

    def test_rc_01_opens_an_account_for_no_more_than_half_an_hour(self) -> None:
        into_the_account = {Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL}

        assert {LIFETIMES[it] for it in into_the_account} == {timedelta(minutes=30)}
        assert LIFETIMES.keys() == set(Purpose)
        assert set(Purpose) - VOID_WITH_PASSWORD == OUTLIVE

    def test_rc_14_is_of_one_flow_or_of_none(self) -> None:
        token = a_one_time_token(user=ALICE, flow_digest="a" * 64)

        assert token.is_of_flow("a" * 64)
        assert not token.is_of_flow("b" * 64)
        assert not token.is_of_flow("")
        assert not a_one_time_token(user=ALICE).is_of_flow("")

    def test_a_used_one_stays_used_when_it_was(self) -> None:
        used = a_one_time_token(user=ALICE).used(now=LATER)

        assert used.voided() is used


class TestSubject:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_always_fits_its_column(self, purpose: Purpose) -> None:
        longest = an_email("x" * MAX_EMAIL_KEY_LENGTH)

        for user in (None, UserId("x" * ID_LENGTH)):
            assert len(subject_of(purpose, user=user, address=longest)) <= MAX_SUBJECT_LENGTH

    def test_an_undoing_is_per_address(self) -> None:
        """So that a second change does not void the link that undoes the first."""
        one, other = (
            subject_of(Purpose.UNDO_EMAIL_CHANGE, user=ALICE.id, address=an_email(it))
            for it in ("a@example.com", "b@example.com")
        )

        assert one != other

    def test_a_change_is_per_user(self) -> None:
        """So that the latest request voids the one before, to whatever address."""
        one, other = (
            subject_of(Purpose.CHANGE_EMAIL, user=ALICE.id, address=an_email(it))
            for it in ("a@example.com", "b@example.com")
        )

        assert one == other
