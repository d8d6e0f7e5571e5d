"""`hexkey audit …` and `hexkey explain`."""

import json

import pytest

from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]


class TestAuditSearch:
    def test_shows_what_an_operator_did_the_latest_first(self, hexkey: Program) -> None:
        hexkey.create("ada")
        hexkey("users", "disable", "ada")

        events = hexkey.json("audit", "search")

        assert [it["type"] for it in events] == ["user.disabled", "user.registered"]
        assert {it["actor"] for it in events} == {"operator"}

    def test_is_itself_an_event(self, hexkey: Program) -> None:
        hexkey.json("audit", "search", "--type", "key.made")

        (event,) = hexkey.json("audit", "search", "--type", "audit.read")
        assert event["details"] == {"query": "type=key.made", "events": "0"}

    def test_takes_at_most_as_many_as_asked_for(self, hexkey: Program) -> None:
        hexkey.create("ada")
        hexkey.create("bob")

        assert len(hexkey.json("audit", "search", "--limit", "1")) == 1

    def test_takes_instants_with_and_without_a_zone(self, hexkey: Program) -> None:
        hexkey.create("ada")

        assert hexkey.json("audit", "search", "--since", "2020-01-01") != []
        assert hexkey.json("audit", "search", "--until", "2020-01-01T00:00:00.123456+02:00") == []

    @pytest.mark.parametrize("text", ["yesterday", "", "2020-13-01"])
    def test_ends_with_2_for_no_instant(self, hexkey: Program, text: str) -> None:
        assert hexkey("audit", "search", "--since", text).exit_code == 2


class TestAuditExport:
    def test_prints_json_lines(self, hexkey: Program) -> None:
        hexkey.create("ada")

        lines = hexkey("audit", "export").stdout.splitlines()

        assert [json.loads(line)["type"] for line in lines] == ["user.registered"]
        assert hexkey.json("audit", "search", "--type", "audit.exported") != []


class TestAuditVerify:
    def test_of_nothing_holds(self, hexkey: Program) -> None:
        (result,) = hexkey.json("audit", "verify")

        assert result == {"holds": True, "checked": 0, "head": None, "findings": []}

    def test_ends_with_1_if_the_head_that_was_kept_is_not_there(self, hexkey: Program) -> None:
        """LG-09."""
        result = hexkey("audit", "verify", "--expect", "7:" + "0" * 64)

        assert result.exit_code == 1
        assert "no longer goes so far" in result.stdout

    @pytest.mark.parametrize("head", ["", "7", "7:", "x:y", "-1:y"])
    def test_ends_with_2_for_no_head(self, hexkey: Program, head: str) -> None:
        assert hexkey("audit", "verify", "--expect", head).exit_code == 2


class TestExplain:
    def test_ends_with_3_for_a_request_that_nobody_knows(self, hexkey: Program) -> None:
        result = hexkey("explain", "unknown")

        assert result.exit_code == 3
        assert result.stderr == (
            "hexkey: Nothing is known about that request. (explanation_not_found)\n"
        )
