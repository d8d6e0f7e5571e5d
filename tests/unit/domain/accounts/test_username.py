import pytest

from hexkey.domain.accounts.username import (
    MAX_SKELETON_LENGTH,
    MAX_USERNAME_LENGTH,
    RESERVED_USERNAMES,
    InvalidUsername,
    Username,
    ensure_not_reserved,
    ensure_usable,
)


def named(key: str, *, value: str | None = None, skeleton: str | None = None) -> Username:
    return Username(value=value or key, key=key, skeleton=skeleton or key)


class TestUsableName:
    @pytest.mark.parametrize("key", ["a", "alice", "a.b-c_d", "x" * MAX_USERNAME_LENGTH])
    def test_is_given_back(self, key: str) -> None:
        assert ensure_usable(named(key)) == named(key)

    @pytest.mark.parametrize(
        "bad",
        [
            named("", skeleton="x", value="x"),
            named("alice@example.com"),
            named("@"),
            named("x" * (MAX_USERNAME_LENGTH + 1)),
            named("x", value="x" * (MAX_USERNAME_LENGTH + 1)),
            named("x", skeleton="x" * (MAX_SKELETON_LENGTH + 1)),
        ],
    )
    def test_id_06_is_no_address_and_fits_everywhere(self, bad: Username) -> None:
        with pytest.raises(InvalidUsername):
            ensure_usable(bad)


class TestReservedName:
    @pytest.mark.parametrize("key", sorted(RESERVED_USERNAMES))
    def test_id_06_is_no_strangers(self, key: str) -> None:
        with pytest.raises(InvalidUsername):
            ensure_not_reserved(named(key))
        with pytest.raises(InvalidUsername):
            ensure_not_reserved(named("looks-alike", skeleton=key.replace("m", "rn")))

    @pytest.mark.parametrize("key", ["alice", "admins", "adm", "root1", "arnold"])
    def test_id_06_is_only_that_whole_word(self, key: str) -> None:
        assert ensure_not_reserved(named(key)) == named(key)
