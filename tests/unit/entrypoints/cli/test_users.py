"""`hexkey users …`."""

import pytest

from tests.support.program import PASSWORD, Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

SHAPE = {
    "id", "username", "full_name", "picture", "email", "email_verified", "status", "roles",
    "created_at", "updated_at", "erase_at",
}  # fmt: skip
NOBODY = "01a20224-5d83-747f-9c14-d536c71c77a7"


class TestUsersCreate:
    def test_shows_the_user_it_made(self, hexkey: Program) -> None:
        result = hexkey(
            *("users", "create", "--username", "ada", "--email", "ada@example.com"),
            *("--full-name", "Ada [red]L[/red]"),
            stdin=f"{PASSWORD}\n",
        )

        assert result.exit_code == 0
        assert "ada@example.com" in result.stdout
        assert "Ada [red]L[/red]" in result.stdout  # what users call themselves is no markup
        assert PASSWORD not in result.output

    def test_prints_a_stable_shape(self, hexkey: Program) -> None:
        made = hexkey.create("ada", "--email", "Ada@Example.com", "--admin")

        assert set(made) == SHAPE
        assert (made["username"], made["email"]) == ("ada", "Ada@Example.com")
        assert (made["status"], made["roles"]) == ("active", ["admin"])

    def test_works_where_registration_is_closed_and_with_reserved_names(
        self, hexkey: Program
    ) -> None:
        made = hexkey.json(
            "users", "create", "--username", "root", stdin=PASSWORD, registration="closed"
        )

        assert made[0]["username"] == "root"

    def test_ends_with_4_where_the_name_is_taken(self, hexkey: Program) -> None:
        hexkey.create("ada")

        result = hexkey("users", "create", "--username", "ADA", stdin=PASSWORD)

        assert result.exit_code == 4
        assert result.stdout == ""
        assert result.stderr == "hexkey: This user name is taken. (username_taken)\n"

    @pytest.mark.parametrize(
        ("arguments", "stdin", "code"),
        [
            (["--username", "a b"], PASSWORD, "invalid_username"),
            (["--email", "nobody"], PASSWORD, "invalid_email"),
            (["--username", "ada", "--full-name", "a\nb"], PASSWORD, "invalid_profile"),
            ([], PASSWORD, "login_name_required"),
            (["--username", "ada"], "short", "password_too_short"),
            (["--username", "ada"], "password1", "password_common"),
            (["--username", "ada"], "x" * 9000, "password_too_long"),
            (["--username", "ada"], "", "password_missing"),
            (["--username", "ada"], "\nsecond line", "password_missing"),
            (["--username", "ada"], b"\xff\xfe" * 10, "password_unreadable"),
        ],
    )
    def test_ends_with_1_and_the_code_of_the_broken_rule(
        self, hexkey: Program, arguments: list[str], stdin: str | bytes, code: str
    ) -> None:
        result = hexkey("users", "create", *arguments, stdin=stdin)

        assert result.exit_code == 1
        assert f"({code})" in result.stderr
        assert result.stderr.count("\n") == 1

    def test_takes_no_password_as_an_argument(self, hexkey: Program) -> None:
        """PW-12: other users of the machine can read arguments."""
        result = hexkey("users", "create", "--username", "ada", "--password", PASSWORD)

        assert result.exit_code == 2

    def test_reads_only_the_first_line_and_all_of_it(self, hexkey: Program) -> None:
        """PW-02, PW-04: spaces at either end belong to the password."""
        hexkey.json("users", "create", "--username", "ada", stdin="  eight  \r\nsecond\n")

        assert hexkey("users", "show", "ada").exit_code == 0


class TestUsersList:
    def test_goes_through_every_page(
        self, hexkey: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hexkey.entrypoints.cli.user_pages.MAX_PAGE", 2)
        names = [hexkey.create(f"user-{number}")["username"] for number in range(5)]

        assert [user["username"] for user in hexkey.json("users", "list")] == names
        assert [it["username"] for it in hexkey.json("users", "list", "--limit", "3")] == names[:3]
        assert [it["username"] for it in hexkey.json("users", "list", "--limit", "2")] == names[:2]

    def test_is_a_table_for_people(self, hexkey: Program) -> None:
        long = "x" * 120
        hexkey.create("ada", "--full-name", long)

        result = hexkey("users", "list")

        assert result.exit_code == 0
        assert "user name" in result.stdout
        assert long in result.stdout  # a pipe is never wrapped

    def test_of_nobody_prints_nothing_for_programs(self, hexkey: Program) -> None:
        assert hexkey.json("users", "list") == []


class TestUsersShow:
    def test_finds_by_id_name_and_address_in_any_case(self, hexkey: Program) -> None:
        ada = hexkey.create("ada", "--email", "Ada@Example.com")

        for reference in (ada["id"], "ADA", "ada@EXAMPLE.com"):
            assert hexkey.json("users", "show", reference) == [ada]

    @pytest.mark.parametrize("command", ["show", "disable", "enable", "grant-admin"])
    @pytest.mark.parametrize("reference", ["nobody", NOBODY, "a@example.com", "a@", " ", "x" * 500])
    def test_ends_with_3_where_there_is_no_such_user(
        self, hexkey: Program, command: str, reference: str
    ) -> None:
        result = hexkey("users", command, reference)

        assert result.exit_code == 3
        assert result.stderr == "hexkey: There is no such user. (not_found)\n"


class TestUsersDisable:
    def test_is_undone_by_enable(self, hexkey: Program) -> None:
        hexkey.create("ada")

        assert hexkey.json("users", "disable", "ada")[0]["status"] == "disabled"
        assert hexkey.json("users", "disable", "ada")[0]["status"] == "disabled"
        assert hexkey.json("users", "enable", "ada")[0]["status"] == "active"


class TestUsersGrantAdmin:
    def test_gives_the_role_once(self, hexkey: Program) -> None:
        hexkey.create("ada")

        for _ in range(2):
            assert hexkey.json("users", "grant-admin", "ada")[0]["roles"] == ["admin"]


class TestUsersSetPassword:
    def test_changes_it(self, hexkey: Program) -> None:
        before = hexkey.create("ada")

        after = hexkey.json("users", "set-password", "ada", stdin="the rain has stopped\n")[0]

        assert after["updated_at"] > before["updated_at"]

    def test_holds_the_new_one_to_the_rules(self, hexkey: Program) -> None:
        hexkey.create("ada", "--email", "ada.lovelace@example.com")

        result = hexkey("users", "set-password", "ada", stdin="ada.lovelace@example.com\n")

        assert result.exit_code == 1
        assert "(password_common)" in result.stderr

    def test_ends_with_3_where_there_is_no_such_user(self, hexkey: Program) -> None:
        assert hexkey("users", "set-password", "nobody", stdin=PASSWORD).exit_code == 3
