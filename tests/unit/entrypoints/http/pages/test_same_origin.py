"""WB-04: whose form it is."""

from urllib.parse import urlsplit

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from hexkey.entrypoints.http.pages.same_origin import ensure_same_origin
from hexkey.entrypoints.http.refusals import ForeignRequest

PUBLIC = "https://auth.example/base"


def lets_in(*headers: tuple[str, str], scheme: str = "https", host: str = "auth.example") -> bool:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in (("host", host), *headers)]
    request = Request({"type": "http", "scheme": scheme, "headers": raw})
    try:
        ensure_same_origin(request, public_url=PUBLIC)
    except ForeignRequest:
        return False
    return True


class TestForm:
    @pytest.mark.parametrize(
        "headers",
        [
            [("sec-fetch-site", "same-origin")],
            [("sec-fetch-site", "same-origin"), ("origin", "null")],  # as under `no-referrer`
            [("sec-fetch-site", "same-origin"), ("origin", "https://auth.example")],
            [("origin", "https://auth.example")],
        ],
    )
    def test_wb_04_of_ours_is_let_in(self, headers: list[tuple[str, str]]) -> None:
        """WB-04."""
        assert lets_in(*headers)

    def test_wb_04_may_come_to_another_name_of_ours(self) -> None:
        """WB-04: the gate has let the host in."""
        assert lets_in(("origin", "http://node-1"), scheme="http", host="node-1")
        assert not lets_in(("origin", "https://node-1"), scheme="http", host="node-1")

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("origin", "null")],
            [("origin", "")],
            [("origin", "https://evil.example")],
            [("origin", "https://auth.example.evil.example")],
            [("origin", "https://evil-auth.example")],
            [("origin", "https://www.auth.example")],
            [("origin", "http://auth.example")],
            [("origin", "https://auth.example:8443")],
            [("origin", "https://auth.example/base")],
            [("origin", "https://auth.example"), ("origin", "https://evil.example")],
            [("origin", "https://auth.example"), ("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site")],
            [("sec-fetch-site", "none")],
            [("sec-fetch-site", "")],
            [("sec-fetch-site", "same-origin, same-origin")],
            [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        ],
        ids=str,
    )
    def test_wb_04_of_anybody_else_is_not(self, headers: list[tuple[str, str]]) -> None:
        """WB-04."""
        assert not lets_in(*headers)

    @given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
    def test_wb_04_whatever_an_origin_looks_like(self, origin: str) -> None:
        """WB-04."""
        assert not lets_in(("origin", origin)) or urlsplit(origin).hostname == "auth.example"
