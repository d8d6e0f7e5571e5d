from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.accounts.profile import (
    MAX_FULL_NAME_LENGTH,
    MAX_PICTURE_LENGTH,
    InvalidProfile,
    Profile,
)
from hexkey.domain.text import is_plain
from tests.support.strategies import is_nfc, text

urls = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        ["https://", "http://", "HTTPS://", "ftp://", "javascript:", "//", "https:", ""]
    ),
    st.text(st.sampled_from("abz.-@:[]\\19é%"), max_size=12),
    st.text(st.sampled_from('/?#&=%az\n\t \x7f"<é'), max_size=12),
)


class TestFullName:
    def test_is_one_line_in_nfc_without_outer_spaces(self) -> None:
        profile = Profile.parse(full_name="  Zoe\u0301 O'Neil ", picture=None)

        assert profile.full_name == "Zo\u00e9 O'Neil"

    @pytest.mark.parametrize("nothing", [None, "", "  ", "\u3000"])
    def test_may_be_absent(self, nothing: str | None) -> None:
        assert Profile.parse(full_name=nothing, picture=nothing and "") == Profile()

    @pytest.mark.parametrize(
        "bad",
        ["a\r\nBcc: e@x.org", "a\0", "\ud800", "a\u202eb", "x" * 201, "\u0301\u0316" * 99_999],
    )
    def test_rc_17_forges_no_line_and_no_direction(self, bad: str) -> None:
        with pytest.raises(InvalidProfile):
            Profile.parse(full_name=bad, picture=None)

    def test_counts_code_points_of_the_composed_form(self) -> None:
        Profile.parse(full_name="e\u0301" * MAX_FULL_NAME_LENGTH, picture=None)

    @given(text)
    def test_is_read_again_as_itself(self, typed: str) -> None:
        try:
            profile = Profile.parse(full_name=typed, picture=None)
        except InvalidProfile:
            return
        name = profile.full_name
        assert Profile.parse(full_name=name, picture=None) == profile
        assert name is None or (is_plain(name) and is_nfc(name) and name == name.strip())


class TestPicture:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/a.png",
            "http://example.com:8080/a?b=c#d",
            "HTTPS://EXAMPLE.COM/",
            "https://[2001:db8::1]/a.png",
            "https://example.com/%F0%9F%98%80",
        ],
    )
    def test_is_kept_as_given(self, url: str) -> None:
        assert Profile.parse(full_name=None, picture=url).picture == url

    @pytest.mark.parametrize(
        "bad",
        [
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "file:///etc/passwd",
            "ftp://example.com/a.png",
            "//example.com/a.png",
            "/a.png",
            "https:///a.png",
            "https:a.png",
            "https://user:secret@example.com/",
            "https://good.example\\@evil.example/",
            "https://[::1/a.png",
            "https://example.com/a b",
            "https://example.com/\n",
            "https://exämple.com/",
            " https://example.com/",
            "https://example.com/" + "x" * MAX_PICTURE_LENGTH,
        ],
    )
    def test_is_an_absolute_web_address_and_nothing_else(self, bad: str) -> None:
        with pytest.raises(InvalidProfile):
            Profile.parse(full_name=None, picture=bad)

    @given(urls | text)
    def test_has_a_host_and_carries_no_credential(self, typed: str) -> None:
        try:
            picture = Profile.parse(full_name=None, picture=typed).picture
        except InvalidProfile:
            return
        if picture is None:
            assert typed == ""
            return
        parts = urlsplit(picture)
        assert picture == typed
        assert picture.isascii()
        assert picture.isprintable()
        assert " " not in picture
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.username is parts.password is None
