"""`hexkey users invite`, `hexkey worker --once` and `hexkey outbox …`."""

from typing import Any

import pytest

from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

ADDRESS = "ada@example.com"
NOBODY = "01a20224-5d83-747f-9c14-d536c71c77a7"
SHAPE = {
    "id", "channel", "kind", "recipient", "user", "state", "attempts", "created_at", "due_at",
    "expires_at", "error",
}  # fmt: skip
REFUSING = {  # where no mail can leave
    "environment": "production",
    "public_url": "https://a.example",
    "master_secret": "kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5",
}


def invite(hexkey: Program, address: str = ADDRESS, *options: str, **env: str) -> str:
    """Invite somebody; the id of the message."""
    (invited,) = hexkey.json("users", "invite", address, *options, **env)
    return str(invited["message_id"])


def only(hexkey: Program, **env: str) -> dict[str, Any]:
    """The one message there is."""
    (message,) = hexkey.json("outbox", "list", **env)
    return message


class TestUsersInvite:
    def test_rc_15_puts_an_invitation_into_the_outbox(self, hexkey: Program) -> None:
        """RC-15: with its roles, and for a week."""
        hexkey("roles", "add", "editor")
        (invited,) = hexkey.json("users", "invite", ADDRESS, "--role", "editor", "--role", "admin")

        assert invited["email"] == ADDRESS
        assert invited["roles"] == ["admin", "editor"]
        (shown,) = hexkey.json("outbox", "show", invited["message_id"])
        assert (shown["kind"], shown["content"]) == ("invitation", {"roles": "admin editor"})

    def test_works_where_registration_is_closed(self, hexkey: Program) -> None:
        assert invite(hexkey, registration="closed")

    def test_ends_with_4_where_the_address_is_taken(self, hexkey: Program) -> None:
        hexkey.create("ada", "--email", ADDRESS)

        result = hexkey("users", "invite", "ADA@example.com")

        assert result.exit_code == 4
        assert result.stderr == "hexkey: This e-mail address is taken. (email_taken)\n"

    @pytest.mark.parametrize("role", ["", "two words", "ä", "x" * 65, 'a"b', "editor", "Editor"])
    def test_az_04_ends_with_3_for_a_role_that_is_not_there(
        self, hexkey: Program, role: str
    ) -> None:
        """AZ-04: or cannot be; and says where they are listed."""
        refused = hexkey("users", "invite", ADDRESS, "--role", role)

        assert refused.exit_code == 3
        assert "hexkey roles list" in refused.stderr

    def test_ends_with_1_for_what_is_no_address(self, hexkey: Program) -> None:
        result = hexkey("users", "invite", "ada")

        assert result.exit_code == 1
        assert "(invalid_email)" in result.stderr


class TestWorkerOnce:
    def test_sends_what_is_due_to_where_the_settings_say(self, hexkey: Program) -> None:
        message = invite(hexkey)

        (done,) = hexkey.json("worker", "--once", mail_dir="mails")

        assert done == {"erased": 0, "mails": 1, "webhooks": 0}
        [mail] = (hexkey.folder / "mails").glob("*.eml")
        assert f"Message-ID: <{message}@127.0.0.1>" in mail.read_text()
        assert only(hexkey)["state"] == "done"

    def test_prints_mail_for_developers_apart_from_its_result(self, hexkey: Program) -> None:
        invite(hexkey)

        result = hexkey("worker", "--once", "--json")

        assert result.stdout == '{"erased": 0, "mails": 1, "webhooks": 0}\n'
        assert "/account/accept-invitation?token=hxk_ot_" in result.stderr

    def test_prints_no_mail_in_production(self, hexkey: Program) -> None:
        """RC-11, LG-03: logs are kept, and a link in a log is a key."""
        invite(hexkey, **REFUSING)

        result = hexkey("worker", "--once", **REFUSING)

        assert "hxk_ot_" not in result.output
        waiting = only(hexkey, **REFUSING)
        assert (waiting["state"], waiting["attempts"]) == ("queued", 1)
        assert "HEXKEY_SMTP_URL" in waiting["error"]


class TestOutboxList:
    def test_shows_the_latest_first_page_by_page(
        self, hexkey: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hexkey.entrypoints.cli.outbox_pages.MAX_PAGE", 2)
        ids = [invite(hexkey, f"user{number}@example.com") for number in range(5)][::-1]

        assert [it["id"] for it in hexkey.json("outbox", "list")] == ids
        assert [it["id"] for it in hexkey.json("outbox", "list", "--limit", "3")] == ids[:3]
        assert [it["id"] for it in hexkey.json("outbox", "list", "--limit", "2")] == ids[:2]

    def test_prints_a_stable_shape(self, hexkey: Program) -> None:
        invite(hexkey)

        message = only(hexkey)

        assert set(message) == SHAPE
        assert (message["channel"], message["kind"]) == ("mail", "invitation")
        assert (message["recipient"], message["state"]) == (ADDRESS, "queued")

    def test_is_a_table_for_people(self, hexkey: Program) -> None:
        invite(hexkey)

        result = hexkey("outbox", "list")

        assert "recipient" in result.stdout
        assert ADDRESS in result.stdout

    def test_knows_states(self, hexkey: Program) -> None:
        message = invite(hexkey)
        hexkey.json("outbox", "drop", message)

        assert [it["id"] for it in hexkey.json("outbox", "list", "--state", "failed")] == [message]
        assert hexkey.json("outbox", "list", "--state", "queued") == []
        assert hexkey("outbox", "list", "--state", "lost").exit_code == 2

    def test_of_nothing_prints_nothing_for_programs(self, hexkey: Program) -> None:
        assert hexkey.json("outbox", "list") == []


class TestOutboxDropAndRetry:
    def test_keep_a_message_from_leaving_and_let_it_leave_after_all(self, hexkey: Program) -> None:
        message = invite(hexkey)

        (dropped,) = hexkey.json("outbox", "drop", message)
        (unsent,) = hexkey.json("worker", "--once")
        (queued,) = hexkey.json("outbox", "retry", message)
        (sent,) = hexkey.json("worker", "--once")

        assert (dropped["state"], unsent["mails"]) == ("failed", 0)
        assert (queued["state"], sent["mails"]) == ("queued", 1)

    @pytest.mark.parametrize("command", ["retry", "drop"])
    def test_end_with_4_where_the_message_has_left(self, hexkey: Program, command: str) -> None:
        message = invite(hexkey)
        hexkey.json("worker", "--once")

        result = hexkey("outbox", command, message)

        assert result.exit_code == 4
        assert "(message_has_left)" in result.stderr

    @pytest.mark.parametrize("command", ["show", "retry", "drop"])
    @pytest.mark.parametrize("reference", ["x", NOBODY, "x" * 500, "ä"])
    def test_end_with_3_where_there_is_no_such_message(
        self, hexkey: Program, command: str, reference: str
    ) -> None:
        result = hexkey("outbox", command, reference)

        assert result.exit_code == 3
        assert result.stderr.endswith("hexkey outbox list. (message_not_found)\n")


class TestOutboxShow:
    def test_hides_what_would_be_a_secret(self, hexkey: Program) -> None:
        """LG-03: the link is derived when the mail is written, and never kept."""
        message = invite(hexkey)

        shown = hexkey("outbox", "show", message)

        assert "content: roles" in shown.stdout
        assert "hxk_ot_" not in shown.stdout
