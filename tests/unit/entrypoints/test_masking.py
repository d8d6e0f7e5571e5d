"""LG-03 and LG-06: what is shown holds no password, no code and no token."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.entrypoints.masking import MASK, masked_query, masked_url, scrubbed

CANARY = "c4n4ry"


class TestMaskedUrl:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://u:c4n4ry@h:5432/d", f"postgresql://u:{MASK}@h:5432/d"),
            ("postgresql://u:a:c4n4ry@h/d", f"postgresql://u:{MASK}@h/d"),
            ("postgresql://u:a@c4n4ry@h/d", f"postgresql://u:{MASK}@h/d"),
            ("postgresql://u@h/d", "postgresql://u@h/d"),
            (
                "postgresql://h/d?sslmode=require&password=c4n4ry",
                f"postgresql://h/d?sslmode=require&password={MASK}",
            ),
            ("postgresql://u:a/c4n4ry@h/d", MASK),
            ("postgresql://u:a?c4n4ry@h/d", MASK),
            ("postgresql://u:a#c4n4ry@h/d", MASK),
            ("postgresql://u:c4n4ry@[h/d", MASK),
            ("sqlite:////var/lib/hexkey.db", "sqlite:////var/lib/hexkey.db"),
            ("memory://", "memory://"),
            ("smtp://u:c4n4ry@h:587", f"smtp://u:{MASK}@h:587"),
            ("smtp://127.0.0.1:25?tls=off", "smtp://127.0.0.1:25?tls=off"),
        ],
    )
    def test_shows_everything_but_secrets(self, url: str, shown: str) -> None:
        assert masked_url(url) == shown
        assert CANARY not in masked_url(url)


class TestMaskedQuery:
    """LG-06."""

    @pytest.mark.parametrize(
        "name", ["code", "token", "state", "id_token_hint", "cursor", "anything", "CODE", "a[]"]
    )
    def test_shows_the_name_and_not_the_value(self, name: str) -> None:
        shown = masked_query(f"{quote(name)}=c4n4ry&limit=20".encode())

        assert "c4n4ry" not in shown
        assert shown == f"{quote(name)}={MASK}&limit=20"

    @given(query=st.binary(max_size=200))
    def test_shows_nothing_that_is_not_harmless(self, query: bytes) -> None:
        shown = masked_query(b"token=" + query.replace(b"&", b"c4n4ry") + b"c4n4ry")

        assert "c4n4ry" not in shown
        assert shown.isascii()
        assert shown.isprintable()


pieces_of_tokens = st.lists(
    st.sampled_from([*"eyJ._-= %x3D/\u00e9", "eyJ", "eyJa.b.c", "hxk_", "hxk_rt_a", "whsec_"])
).map("".join)
_TOKEN = re.compile(
    r"hxk_[a-z0-9]{2,8}_[A-Za-z0-9_-]|whsec_[A-Za-z0-9+/=]"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\."
)


class TestScrubbed:
    """LG-03, LG-06: what looks like a secret stands in no line, wherever it came from."""

    @pytest.mark.parametrize(
        "text",
        [
            "refused hxk_rt_c4n4ry-c4n4ry_1 again",
            "key hxk_key_c4n4ry",
            "GET /reset%3Dhxk_rt_c4n4ry_hxk_at_c4n4ry",
            "_hxk_rt_c4n4ry",
            "whsec_c4n4ryc4n4ry+/=",
            "%3Dwhsec_c4n4ryc4n4ry+/=",
            "token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ.c4n4ry-sig_",
            "/a%3DeyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ.c4n4ry-sig_",
            "x-eyJ-eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ.c4n4ry-sig_",
            "encrypted eyJhbGciOiJBMTI4S1cifQ.c4n4ry.c4n4ry.c4n4ry.c4n4ry",
            "Authorization: Bearer c4n4ryc4n4ry",
            "authorization=basic   YTpjNG40cnk=c4n4ry",
            "postgresql://u:c4n4ry@h/d",
            "GET /login?code=c4n4ry&state=c4n4ry HTTP/1.1",
            "/cb?id_token_hint=c4n4ry",
            "token=c4n4ry",
            "PASSWORD=c4n4ry;",
        ],
    )
    def test_hides_it(self, text: str) -> None:
        assert "c4n4ry" not in scrubbed(text)
        assert MASK in scrubbed(text)

    @pytest.mark.parametrize(
        "text",
        [
            "request",
            "GET /users/me 200",
            "no bearer here",
            "the code was wrong",
            "http://localhost:8000/docs",
            "/users/01a202ee-b25c-7037-858b-5ab3e1aa44cd",
        ],
    )
    def test_leaves_the_rest_as_it_is(self, text: str) -> None:
        assert scrubbed(text) == text

    @pytest.mark.parametrize(
        "part",
        [
            *("eyJ", "-eyJ", "eyJ-", "eyJa.", ".eyJ", "eyJ.", "a.", "e", "ey"),
            *("://", "a:", "://:", "token=", "hxk_", "hxk_a", "hxk_aa_", "-hxk_", "whsec_"),
            *("bearer ", "bearer", "basic\t "),
        ],
    )
    def test_takes_no_longer_for_what_is_made_to_be_slow(self, part: str) -> None:
        """A pattern that goes back and forth would need half an hour for this."""
        assert len(scrubbed(part * 300_000)) <= len(part) * 300_000 + 3_000_000

    @given(text=pieces_of_tokens)
    def test_leaves_no_token_in_any_text(self, text: str) -> None:
        """Also after letters, digits, `%3D` and underlines, and with one token in another."""
        assert not _TOKEN.search(scrubbed(text))
