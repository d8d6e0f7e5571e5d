"""What every `UsernameSyntax` promises."""

from abc import ABC, abstractmethod

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hexkey.application.ports.accounts import UsernameSyntax
from hexkey.domain.accounts.username import (
    MAX_SKELETON_LENGTH,
    MAX_USERNAME_LENGTH,
    RESERVED_USERNAMES,
    InvalidUsername,
    ensure_not_reserved,
)


class UsernameSyntaxContract(ABC):
    """Subclass as `TestXxx` and provide the `syntax` fixture."""

    @abstractmethod
    def syntax(self) -> UsernameSyntax: ...

    @pytest.mark.parametrize(
        "text",
        [
            *("alice", "Alice", "a", "user_1", "a.b-c", "1234", "straße", "İstanbul", "山田太郎"),
            *("山田Taro", "김철수", "ユーザー", "Борис", "Ελένη", "אבג", "مريم", "a" * 64),
        ],
    )
    def test_id_06_takes_names_of_all_the_world(self, syntax: UsernameSyntax, text: str) -> None:
        name = syntax.parse(text)

        assert name.value == text
        assert syntax.parse(name.key).key == name.key

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                " ",
                "two words",
                " a",
                "a ",
                "a\0",
                "a\n",
                "a\r\nb",
                "a\x85",
                "a\u200db",
                "a\ufeff",
            ),
            *("a\u202eb", "\u2066a", "ab\u200e", "\ud800", "\ufdd0", "\U000e0001a", "ﬁn", "ſ", "Ⅷ"),
            *("a@b", "alice@example.com", "a＠b", "x" * 65, "\U0001f600", "½", "a/b\\c\u2028"),
        ],
    )
    def test_id_06_refuses_what_is_no_name(self, syntax: UsernameSyntax, text: str) -> None:
        with pytest.raises(InvalidUsername):
            syntax.parse(text)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("alice", "ALICE"),
            ("alice", "ａｌｉｃｅ"),
            ("émile", "E\u0301MILE"),
            ("ｶﾀｶﾅ", "カタカナ"),
        ],
    )
    def test_id_06_gives_spellings_of_one_name_one_key(
        self, syntax: UsernameSyntax, first: str, second: str
    ) -> None:
        assert syntax.parse(first).key == syntax.parse(second).key

    @pytest.mark.parametrize("text", ["pаypal", "аdmin", "gооgle", "αlice", "aliсe", "Ꭺlice"])
    def test_id_06_refuses_mixed_writing_systems(self, syntax: UsernameSyntax, text: str) -> None:
        with pytest.raises(InvalidUsername):
            syntax.parse(text)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            *(
                ("арі", "api"),
                ("сох", "cox"),
                ("ѕсоре", "scope"),
                ("b0b", "bob"),
                ("alice1", "alicel"),
            ),
            *(("mary", "rnary"), ("ο", "o"), ("Ρορ", "pop")),
        ],
    )
    def test_id_06_gives_names_that_look_alike_one_skeleton(
        self, syntax: UsernameSyntax, first: str, second: str
    ) -> None:
        one, other = syntax.parse(first), syntax.parse(second)

        assert one.key != other.key
        assert one.skeleton == other.skeleton

    def test_id_06_tells_names_apart_that_differ(self, syntax: UsernameSyntax) -> None:
        names = ["alice", "bob", "carol", "dave", "eve", "ian", "lan", "müller", "muller", "борис"]

        assert len({syntax.parse(name).skeleton for name in names}) == len(names)

    @pytest.mark.parametrize(
        "text", ["admin", "ADMIN", "ａｄｍｉｎ", "root", "Me", "арі", "webrnaster"]
    )
    def test_id_06_keeps_reserved_names_from_strangers(
        self, syntax: UsernameSyntax, text: str
    ) -> None:
        with pytest.raises(InvalidUsername):
            ensure_not_reserved(syntax.parse(text))

    def test_id_06_can_parse_every_reserved_name_for_an_operator(
        self, syntax: UsernameSyntax
    ) -> None:
        for text in RESERVED_USERNAMES:
            name = syntax.parse(text)
            with pytest.raises(InvalidUsername):
                ensure_not_reserved(name)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it has no state
    @given(text=st.text(max_size=70))
    def test_id_06_is_idempotent_or_refuses(self, syntax: UsernameSyntax, text: str) -> None:
        try:
            name = syntax.parse(text)
        except InvalidUsername:
            return
        again = syntax.parse(name.key)

        assert (again.key, again.skeleton) == (name.key, name.skeleton)
        assert syntax.parse(name.value).key == name.key
        assert 0 < len(name.key) <= MAX_USERNAME_LENGTH
        assert len(name.value) <= MAX_USERNAME_LENGTH
        assert len(name.skeleton) <= MAX_SKELETON_LENGTH
        assert "@" not in name.key
