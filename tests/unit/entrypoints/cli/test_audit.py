"""`hexkey audit …` and `hexkey explain`."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.support.program import PASSWORD, Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]


def unlink(hexkey: Program, *changes: str) -> None:
    """Take every event out of the chain, and do what an intruder or a crash does besides."""
    path = hexkey.folder / "hexkey-data" / "hexkey.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE audit_events SET sequence = NULL, digest = NULL, sealed_at = NULL")
        for change in changes:
            database.execute(change)


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


class TestAnUnreadableEvent:
    def test_lg_09_is_shown_and_hides_no_other(self, hexkey: Program) -> None:
        """LG-09."""
        hexkey.create("ada")
        hexkey("users", "disable", "ada")
        path = hexkey.folder / "hexkey-data" / "hexkey.db"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE audit_events SET details = '{', at = 'x' WHERE sequence = 1")

        shown = ["user.disabled", "audit.unreadable"]
        assert [it["type"] for it in hexkey.json("audit", "search")] == shown
        assert "audit.unreadable" in hexkey("audit", "search").stdout
        exported = [json.loads(it) for it in hexkey("audit", "export").stdout.splitlines()]
        assert [it["type"] for it in exported][-2:] == shown
        found = hexkey("audit", "verify")
        assert (found.exit_code, "gone or unreadable" in found.stdout) == (1, True)


class TestAuditExport:
    def test_prints_json_lines(self, hexkey: Program) -> None:
        hexkey.create("ada")

        lines = hexkey("audit", "export").stdout.splitlines()

        assert [json.loads(line)["type"] for line in lines] == ["user.registered"]
        assert hexkey.json("audit", "search", "--type", "audit.exported") != []


class TestAuditVerify:
    def test_of_nothing_holds(self, hexkey: Program) -> None:
        (result,) = hexkey.json("audit", "verify")

        assert result == {
            "holds": True,
            "checked": 0,
            "head": None,
            "findings": [],
            "late": [],
            "late_known": 0,
        }

    def test_lg_09_covers_what_commands_did_where_no_server_runs(self, hexkey: Program) -> None:
        """LG-09: refused ones, too."""
        hexkey.create("ada")
        assert hexkey("users", "create", "--username", "ada", stdin=f"{PASSWORD}\n").exit_code == 4
        hexkey("users", "disable", "ada")

        (result,) = hexkey.json("audit", "verify")

        assert (result["holds"], result["checked"]) == (True, 2)
        assert result["head"].startswith("2:")

    def test_lg_09_links_nothing_itself(self, hexkey: Program) -> None:
        """LG-09: what is found is left as it was."""
        hexkey.create("ada")
        unlink(hexkey, "DELETE FROM audit_chain")

        for _ in range(2):
            (result,) = hexkey.json("audit", "verify")
            assert (result["checked"], result["head"]) == (0, None)

    def test_lg_09_finds_what_has_waited_since_a_command_was_killed(self, hexkey: Program) -> None:
        """LG-09: until the next command links it."""
        hexkey.create("ada")
        unlink(hexkey, "DELETE FROM audit_chain", "UPDATE audit_events SET at = at - 800000")

        before = hexkey("audit", "verify")
        hexkey("roles", "add", "helpdesk")
        after = hexkey("audit", "verify")

        assert (before.exit_code, "no place in the chain yet" in before.stdout) == (1, True)
        assert (after.exit_code, "2 events were checked" in after.stdout) == (0, True)

    def test_lg_09_tells_of_a_history_that_was_begun_anew(self, hexkey: Program) -> None:
        """LG-09: what the database alone can do to it leaves a notice, until somebody knows why."""
        hexkey.create("ada")
        unlink(
            hexkey,
            "DELETE FROM audit_chain",
            "UPDATE audit_events SET at = at - 3600000, subject = 'mallory'",
        )
        hexkey("roles", "add", "helpdesk")

        shown = hexkey("audit", "verify")
        told = json.loads(hexkey("audit", "verify", "--json").stdout)
        known = hexkey("audit", "verify", "--late-until", "2999-01-01")
        not_known = hexkey("audit", "verify", "--late-until", "2000-01-01")

        assert (shown.exit_code, "Nothing was changed" in shown.stdout) == (1, False)
        assert "1 events of" in shown.stdout
        assert (told["holds"], told["findings"], told["late"][0]["events"]) == (False, [], 1)
        assert (known.exit_code, "Nothing was changed" in known.stdout) == (0, False)
        assert "1 events were sealed late, of which you know." in known.stdout
        assert not_known.exit_code == 1

    def test_lg_09_finds_a_forged_head_that_no_command_extends(self, hexkey: Program) -> None:
        """LG-09: the deed is done all the same, and whoever looks hears of it."""
        hexkey.create("ada")
        unlink(hexkey, "UPDATE audit_chain SET sequence = 0, mac = 'x'")

        made = hexkey("users", "create", "--username", "bob", stdin=f"{PASSWORD}\n")
        result = hexkey("audit", "verify")

        assert made.exit_code == 0
        assert "see hexkey audit verify" in made.stderr
        assert (result.exit_code, "not sealed by us" in result.stdout) == (1, True)

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
            "hexkey: Nothing is known about that request; a refusal shows after a second."
            " (explanation_not_found)\n"
        )
