from datetime import timedelta

import pytest

from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import Active, Disabled, User, known_about
from tests.support.builders import ARGON2_HASH, a_user, a_username
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)


class TestUser:
    def test_needs_a_name_to_sign_in_with(self) -> None:
        with pytest.raises(ValueError, match="needs"):
            a_user(username=None, email=None)

    def test_is_active_at_first(self) -> None:
        assert a_user().is_active
        assert a_user().status == Active()

    def test_counts_every_change(self) -> None:
        user = a_user()
        changes = [
            user.with_profile(username=a_username("other"), profile=Profile("Other"), now=LATER),
            user.with_password(ARGON2_HASH, now=LATER),
            user.disabled(now=LATER),
            user.granted(ADMIN, now=LATER),
        ]

        assert [(each.version, each.updated_at) for each in changes] == [(2, LATER)] * 4
        # Whoever was disabled has to prove again who they are, also after an enabling.
        assert [each.credential_version for each in changes] == [1, 2, 2, 1]

    def test_does_not_count_what_changes_nothing(self) -> None:
        user = a_user(roles=frozenset((ADMIN,)))
        disabled = user.disabled(now=START)

        assert user.enabled(now=LATER) is user
        assert user.granted(ADMIN, now=LATER) is user
        assert disabled.disabled(now=LATER) is disabled
        assert disabled.status == Disabled(START)

    def test_is_welcome_again_after_a_disabling(self) -> None:
        back = a_user().disabled(now=START).enabled(now=LATER)

        assert back.is_active
        assert back.version == 3

    def test_pw_10_has_the_same_password_after_a_rehash(self) -> None:
        """PW-10: not a change its owner made, so no session and no proof is affected."""
        user = a_user()
        rehashed = user.with_rehashed_password(ARGON2_HASH)

        assert rehashed.password == ARGON2_HASH
        assert rehashed.updated_at == user.updated_at
        assert rehashed.version == 2
        assert rehashed.accepts_proof_for(user)

    def test_ra_05_accepts_no_proof_of_an_older_password_or_from_before_a_disabling(self) -> None:
        user = a_user()

        assert user.accepts_proof_for(user)
        assert not user.with_password(ARGON2_HASH, now=LATER).accepts_proof_for(user)
        assert not user.disabled(now=LATER).accepts_proof_for(user)

    def test_pw_12_does_not_show_its_password(self) -> None:
        assert a_user(password=ARGON2_HASH).password == ARGON2_HASH
        assert ARGON2_HASH not in repr(a_user(password=ARGON2_HASH))


class TestWhatIsKnownAbout:
    def test_pw_07_are_the_names_and_the_address_and_what_stands_before_its_at(self) -> None:
        user: User = a_user(
            username="Alice",
            email="Alice.L@Example.com",
            profile=Profile(full_name="Alice Liddell"),
        )

        assert user.publicly_known() == {
            "Alice",
            "alice",
            "Alice.L",
            "Alice.L@Example.com",
            "alice.l@example.com",
            "Alice Liddell",
        }

    def test_is_nothing_where_nothing_was_said(self) -> None:
        assert known_about(None, None, Profile()) == frozenset()
