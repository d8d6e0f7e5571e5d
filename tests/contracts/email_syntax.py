"""What every `EmailSyntax` promises."""

import random
from abc import ABC, abstractmethod

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hexkey.application.ports.accounts import EmailSyntax
from hexkey.domain.accounts.email import MAX_EMAIL_KEY_LENGTH, InvalidEmail

LOCAL_CHARACTERS = "abcXYZ019.+-_'!#$%&*/=?^`{|}~éÉß\u017f\u212aıİΣςσдЖ用ａ①ﬃªⅧ⑴\u0301\u0327\u1e9e"
DOMAIN_LABELS = [
    *("example", "EXAMPLE", "mail-1", "bücher", "BÜCHER", "xn--bcher-kva", "例え", "straße", "faß"),
    *("ｅxample", "пример", "مثال", "a", "0", "-", "", "x" * 63, "x" * 64, "İstanbul", "ﬁn"),
]
DOMAIN_ENDS = ["com", "COM", "test", "org", "рф", "xn--p1ai", "de", "museum", "localhost", "1"]


def generated_addresses(count: int) -> list[str]:
    """Addresses, and things nearly so, the same in every run."""
    dice = random.Random(20261122)
    made = []
    for _ in range(count):
        local = "".join(dice.choices(LOCAL_CHARACTERS, k=dice.randint(1, 12)))
        labels = dice.choices(DOMAIN_LABELS, k=dice.randint(1, 2))
        made.append(f"{local}@{'.'.join([*labels, dice.choice(DOMAIN_ENDS)])}")
    return made


class EmailSyntaxContract(ABC):
    """Subclass as `TestXxx` and provide the `syntax` fixture."""

    @abstractmethod
    def syntax(self) -> EmailSyntax: ...

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("me@example.com", "me@example.com"),
            ("Me@Example.ORG", "me@example.org"),
            ("dev@hexkey.test", "dev@hexkey.test"),
            ("o'neil@example.ie", "o'neil@example.ie"),
            ("a@bücher.example.net", "a@xn--bcher-kva.example.net"),
            ("a@xn--bcher-kva.example.net", "a@xn--bcher-kva.example.net"),
            ("STRASSE@example.com", "strasse@example.com"),
            ("straße@example.com", "strasse@example.com"),
            ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ],
    )
    def test_id_01_reads_addresses(self, syntax: EmailSyntax, text: str, key: str) -> None:
        assert syntax.parse(text).key == key

    def test_id_01_keeps_the_address_as_typed(self, syntax: EmailSyntax) -> None:
        assert syntax.parse("Mike.O@Example.COM").value == "Mike.O@Example.COM"

    def test_id_01_composes_before_it_compares(self, syntax: EmailSyntax) -> None:
        typed = syntax.parse("e\u0301@example.com")

        assert typed == syntax.parse("\u00e9@example.com")
        assert typed.value == "\u00e9@example.com"

    @pytest.mark.parametrize("local", ["\u2474", "a\u2474", "\u00b4"])
    def test_id_01_refuses_what_folds_into_no_address(
        self, syntax: EmailSyntax, local: str
    ) -> None:
        """ID-01: a parenthesized one becomes `(1)`, an acute accent a space."""
        with pytest.raises(InvalidEmail):
            syntax.parse(f"{local}@example.com")

    def test_id_01_sends_to_the_domain_that_was_compared(self, syntax: EmailSyntax) -> None:
        assert syntax.parse("a@ｅxample.com").value == "a@example.com"

    @pytest.mark.parametrize(
        "text",
        [
            "a\uff20example.com",
            "a@b\uff20example.com",
            "a@example\uff0ecom",
            "a@example\u3002com",
            "a@example\uff61com",
            "a@example\u2024com",
            "a\u2025b@example.com",
            "a\u2026b@example.com",
            "a\uff0fb@example.com",
            "a\uff3cb@example.com",
            "a\ufe6bexample.com",
            "a@exa\u2100mple.com",
            "a@example.com\u2488",
            "a@b@example.com",
            "a@exam\u2101ple.com",
            "\ufe52a@example.com",
        ],
    )
    def test_id_02_refuses_what_only_becomes_structure(
        self, syntax: EmailSyntax, text: str
    ) -> None:
        """ID-02, P61: one system would check one address, and another mail a different one."""
        with pytest.raises(InvalidEmail):
            syntax.parse(text)

    def test_id_02_does_not_mistake_dotless_or_kelvin_for_mike(self, syntax: EmailSyntax) -> None:
        """ID-03, CVE-2019-19844: what folds to a key goes to the stored address, or is another."""
        assert syntax.parse("m\u0131ke@example.com").key != syntax.parse("mike@example.com").key
        assert syntax.parse("mi\u212ae@example.com").key == syntax.parse("mike@example.com").key

    @pytest.mark.parametrize(
        "text",
        [
            *("", "@", "a", "a@", "@example.com", "a@b", "a@localhost", "a@test", "a@x.local"),
            *(
                "a@x.localhost",
                "a@x.invalid",
                "a@x.onion",
                "a@-x.com",
                "a@x-.com",
                "a@.com",
                "a@x..com",
            ),
            *(
                ".a@x.com",
                "a.@x.com",
                "a..b@x.com",
                "a b@x.com",
                " a@x.com",
                "a@x.com ",
                "a@x.com.",
            ),
            *('"a b"@x.com', '"a"@x.com', "a@[127.0.0.1]", "a@[IPv6:::1]", "A <a@x.com>", "a@x.1"),
            *("a(c)@x.com", "a,b@x.com", "a;b@x.com", "a:b@x.com", "<a@x.com>", "a@ex_ample.com"),
        ],
    )
    def test_id_04_refuses_what_is_no_mailbox(self, syntax: EmailSyntax, text: str) -> None:
        with pytest.raises(InvalidEmail):
            syntax.parse(text)

    @pytest.mark.parametrize(
        "character",
        [
            *(
                "\0",
                "\r",
                "\n",
                "\r\nBcc: x@y.com\r\n",
                "\t",
                "\x1f",
                "\x7f",
                "\x80",
                "\x85",
                "\x9f",
            ),
            *(
                "\u2028",
                "\u2029",
                "\u202a",
                "\u202e",
                "\u2066",
                "\u2069",
                "\u200e",
                "\u061c",
                "\ud800",
            ),
        ],
    )
    def test_id_04_refuses_controls_anywhere(self, syntax: EmailSyntax, character: str) -> None:
        for text in (f"{character}a@x.com", f"a{character}b@x.com", f"a@x{character}y.com"):
            with pytest.raises(InvalidEmail):
                syntax.parse(text)
        with pytest.raises(InvalidEmail):
            syntax.parse(f"a@x.com{character}")

    def test_id_04_measures_octets(self, syntax: EmailSyntax) -> None:
        def at_most(local: int, domain: int) -> str:
            labels = ".".join(["x" * 60] * 5)
            return f"{'a' * local}@{labels[-(domain - 4) :].lstrip('.')}.com"

        assert syntax.parse(f"{'a' * 64}@example.com")
        assert len(at_most(64, 189)) == 254
        assert syntax.parse(at_most(64, 189))
        for text in (f"{'a' * 65}@example.com", at_most(64, 190), f"{'é' * 33}@example.com"):
            with pytest.raises(InvalidEmail):
                syntax.parse(text)

    def test_id_07_folds_neither_dots_nor_plus(self, syntax: EmailSyntax) -> None:
        texts = ("a+b@example.com", "a@example.com", "ab@example.com", "a.b@example.com")

        assert len({syntax.parse(text).key for text in texts}) == 4

    @pytest.mark.lengthy
    def test_id_01_ten_thousand_generated_addresses_are_idempotent(
        self, syntax: EmailSyntax
    ) -> None:
        read = 0
        for text in generated_addresses(10_000):
            read += self._is_idempotent_or_refused(syntax, text)

        assert read > 1000  # otherwise this proves nothing

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it has no state
    @given(text=st.text(max_size=80) | st.emails())
    def test_id_01_any_text_is_idempotent_or_refused(self, syntax: EmailSyntax, text: str) -> None:
        self._is_idempotent_or_refused(syntax, text)

    def _is_idempotent_or_refused(self, syntax: EmailSyntax, text: str) -> bool:
        try:
            address = syntax.parse(text)
        except InvalidEmail:
            return False
        assert syntax.parse(address.key).key == address.key, text
        assert syntax.parse(address.value) == address, text
        assert address.key.count("@") == 1
        assert len(address.key) <= MAX_EMAIL_KEY_LENGTH
        return True
