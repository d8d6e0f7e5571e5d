import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.identifiers import ID_LENGTH, parse_session_id, parse_user_id
from tests.support.strategies import text

CANONICAL = "0198c0de-0000-7000-8000-000000000001"


class TestId:
    @given(st.uuids())
    def test_is_a_uuid_in_canonical_form(self, uuid: object) -> None:
        assert parse_user_id(str(uuid)) == str(uuid)
        assert parse_session_id(str(uuid)) == str(uuid)
        assert len(str(uuid)) == ID_LENGTH

    @pytest.mark.parametrize(
        "other",
        [
            "",
            "1",
            "me",
            CANONICAL.upper(),
            f"{{{CANONICAL}}}",
            f"urn:uuid:{CANONICAL}",
            CANONICAL.replace("-", ""),
            f" {CANONICAL}",
            f"{CANONICAL}\n",
            f"{CANONICAL}\0",
            CANONICAL.replace("1", "\u0661"),
            "10" * 18,
        ],
    )
    def test_has_no_other_spelling(self, other: str) -> None:
        assert parse_user_id(other) is None
        assert parse_session_id(other) is None

    @given(text)
    def test_is_never_made_of_anything_else(self, junk: str) -> None:
        assert parse_user_id(junk) is None
