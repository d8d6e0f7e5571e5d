"""`hexkey roles …`, `hexkey api-keys …`, and the roles of users."""

import re

import pytest

from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]


class TestRoles:
    def test_are_defined_changed_shown_and_removed(self, hexkey: Program) -> None:
        made = hexkey.json("roles", "add", "helpdesk", "--permit", "users:read")
        more = hexkey.json("roles", "permit", "helpdesk", "notes:write")
        shown = hexkey.json("roles", "list")
        gone = hexkey.json("roles", "remove", "helpdesk")

        assert made == [{"name": "helpdesk", "permissions": ["users:read"], "built_in": False}]
        assert more[0]["permissions"] == ["notes:write", "users:read"]
        assert [it["name"] for it in shown] == ["admin", "helpdesk"]
        assert gone == [{"name": "helpdesk", "removed": True}]
        assert [it["name"] for it in hexkey.json("roles", "list")] == ["admin"]

    @pytest.mark.parametrize(
        ("permission", "said"),
        [
            ("users:read", ""),
            ("user:read", "user:read opens nothing of Hexkey's own, only of your applications."),
            ("notes:write", "only of your applications.\n"),
        ],
    )
    def test_tell_of_permissions_that_open_nothing_here(
        self, hexkey: Program, permission: str, said: str
    ) -> None:
        added = hexkey("roles", "add", "helpdesk", "--permit", permission, "--json")
        more = hexkey("roles", "permit", "helpdesk", permission, "--json")

        assert (added.exit_code, more.exit_code) == (0, 0)
        for result in (added, more):
            assert said in result.stderr
            assert bool(said) == bool(result.stderr)
            assert ("Did you mean users:read?" in result.stderr) == (permission == "user:read")

    def test_are_given_and_taken(self, hexkey: Program) -> None:
        hexkey.create("ada")
        hexkey.json("roles", "add", "helpdesk")

        given = hexkey.json("users", "grant-role", "ada", "helpdesk")
        held = hexkey("roles", "remove", "helpdesk")
        taken = hexkey.json("users", "revoke-role", "ada", "helpdesk")

        assert given[0]["roles"] == ["helpdesk"]
        assert (held.exit_code, "role_in_use" in held.stderr) == (4, True)
        assert taken[0]["roles"] == []

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (["roles", "add", "admin"], 4, "role_built_in"),
            (["roles", "remove", "admin"], 4, "role_built_in"),
            (["roles", "add", "Not A Name"], 1, "invalid_role"),
            (["roles", "add", "x", "--permit", "two words"], 1, "invalid_role"),
            (["roles", "permit", "nobody", "users:read"], 3, "role_not_found"),
            (["roles", "remove", "nobody"], 3, "role_not_found"),
            (["users", "grant-role", "ada", "nobody"], 3, "role_not_found"),
            (["users", "revoke-role", "ada", "admin"], 4, "last_administrator"),
            (["users", "disable", "ada"], 4, "last_administrator"),
        ],
    )
    def test_end_with_a_reason(
        self, hexkey: Program, arguments: list[str], status: int, code: str
    ) -> None:
        hexkey.create("ada", "--admin")

        result = hexkey(*arguments)

        assert (result.exit_code, result.stdout) == (status, "")
        assert f"({code})" in result.stderr


class TestApiKeys:
    def test_tk_10_are_made_shown_and_revoked(self, hexkey: Program) -> None:
        """TK-10: the key is shown once."""
        hexkey.create("service")
        (made,) = hexkey.json(
            *("api-keys", "create", "service", "--name", "nightly", "--scope", "account:read")
        )
        secret = made.pop("secret")

        assert re.fullmatch(r"hxk_key_[\w-]{48}", secret)
        assert (made["kind"], made["expires_at"]) == ("service", None)
        assert hexkey.json("api-keys", "list", "service") == [made]
        assert secret not in hexkey("api-keys", "list", "service").output
        revoked = hexkey.json("api-keys", "revoke", "service", made["id"])
        assert revoked == [{"id": made["id"], "revoked": True}]
        assert hexkey.json("api-keys", "list", "service") == []

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (["create", "service", "--name", "x", "--scope", "users:read"], 1, "scope_not_allowed"),
            (["create", "service", "--name", " ", "--scope", "account:read"], 1, "invalid_api_key"),
            (["create", "nobody", "--name", "x", "--scope", "account:read"], 3, "not_found"),
            (["revoke", "service", "x"], 3, "not_found"),
        ],
    )
    def test_end_with_a_reason(
        self, hexkey: Program, arguments: list[str], status: int, code: str
    ) -> None:
        hexkey.create("service")

        result = hexkey("api-keys", *arguments)

        assert (result.exit_code, result.stdout) == (status, "")
        assert f"({code})" in result.stderr
