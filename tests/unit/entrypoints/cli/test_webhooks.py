"""`hexkey webhooks …`."""

import pytest

from tests.support.program import PASSWORD, Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

URL = "https://app.example.com/hooks"
SECRETS = ["kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5", "0therS3cret-pLr2_tYw8ZbN4mH6sGd1fJ"]


class TestWebhooksAdd:
    def test_shows_the_secret_once(self, hexkey: Program) -> None:
        (added,) = hexkey.json("webhooks", "add", URL, "--event", "user.created")

        assert set(added) == {"id", "url", "events", "created_at", "secret"}
        assert (added["url"], added["events"]) == (URL, ["user.created"])
        assert added["secret"].startswith("whsec_")
        assert added["secret"] not in hexkey("webhooks", "list").output
        assert "secret" not in hexkey.json("webhooks", "list")[0]

    def test_tells_people_what_to_do_next(self, hexkey: Program) -> None:
        result = hexkey("webhooks", "add", URL)

        assert "not shown again: whsec_" in result.stdout
        assert "Try it: hexkey webhooks test " in result.stdout

    def test_hears_of_everything_unless_told_of_what(self, hexkey: Program) -> None:
        (added,) = hexkey.json("webhooks", "add", URL)

        assert {"user.created", "user.deleted", "session.ended"} < set(added["events"])

    @pytest.mark.parametrize(
        "arguments",
        [
            ("http://app.example.com",),
            ("https://10.0.0.1/",),
            ("https://user:secret@app.example.com/",),
            ("app.example.com",),
            (URL, "--event", "user.created", "--event", "user.born"),
        ],
    )
    def test_fe_06_refuses_what_cannot_be_told(
        self, hexkey: Program, arguments: tuple[str, ...]
    ) -> None:
        """FE-06: and names the events that there are."""
        result = hexkey("webhooks", "add", *arguments)

        assert result.exit_code == 1
        assert "user.created" in result.stderr
        assert result.stderr.count("(invalid_webhook)") == 2
        assert hexkey.json("webhooks", "list") == []

    def test_makes_every_deed_a_message(self, hexkey: Program) -> None:
        hexkey.json("webhooks", "add", URL)
        hexkey.create("ada")

        (message,) = hexkey.json("outbox", "list")

        assert (message["channel"], message["kind"]) == ("webhook", "user.created")
        assert PASSWORD not in hexkey("outbox", "show", message["id"]).output


class TestWebhooksTest:
    def test_says_why_it_was_not_taken(self, hexkey: Program) -> None:
        (added,) = hexkey.json("webhooks", "add", "http://127.0.0.1:1025/")

        result = hexkey("webhooks", "test", added["id"])

        assert result.exit_code == 1
        assert "It did not take the message: " in result.stderr
        assert "(webhook_not_taken)" in result.stderr


class TestWebhooksRemove:
    def test_forgets_it_and_what_waits_for_it(self, hexkey: Program) -> None:
        (added,) = hexkey.json("webhooks", "add", URL)
        hexkey.create("ada")

        assert hexkey.json("webhooks", "remove", added["id"]) == [
            {"id": added["id"], "removed": True}
        ]
        assert hexkey.json("webhooks", "list") == []
        assert hexkey.json("outbox", "list", "--state", "queued") == []

    @pytest.mark.parametrize("command", ["test", "remove"])
    @pytest.mark.parametrize(
        "reference", ["nobody", "01a20224-5d83-747f-9c14-d536c71c77a7", "x" * 500]
    )
    def test_ends_with_3_where_there_is_no_such_webhook(
        self, hexkey: Program, command: str, reference: str
    ) -> None:
        result = hexkey("webhooks", command, reference)

        assert result.exit_code == 3
        assert result.stderr.endswith("hexkey webhooks list. (webhook_not_found)\n")


class TestRotateMaster:
    def test_seals_secrets_of_webhooks_anew(self, hexkey: Program) -> None:
        hexkey.json("keys", "generate", master_secret=SECRETS[0])
        hexkey.json("webhooks", "add", URL, master_secret=SECRETS[0])
        both = {"master_secret": SECRETS[1], "master_secret_previous": SECRETS[0]}

        (first,) = hexkey.json("keys", "rotate-master", **both)
        (again,) = hexkey.json("keys", "rotate-master", **both)

        assert (first["resealed"], first["webhooks_resealed"]) == (1, 1)
        assert (again["resealed"], again["webhooks_resealed"]) == (0, 0)
