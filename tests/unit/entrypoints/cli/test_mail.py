"""`hexkey mail …`."""

from hexkey.application.outbox.letters import LETTERS
from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]


class TestPreview:
    def test_writes_every_mail_in_every_language(self, hexkey: Program) -> None:
        rows = hexkey.json("mail", "preview", "shown")

        assert {(row["kind"], row["language"]) for row in rows} == {
            (kind, language) for kind in LETTERS for language in ("en", "de")
        }
        for row in rows:
            page = hexkey.folder / row["file"]
            assert page.read_text().startswith("<!doctype html>")
            text = page.with_suffix(".txt").read_text()
            assert text.startswith(f"Subject: {row['subject']}\n\n")

    def test_leads_where_the_mails_would(self, hexkey: Program) -> None:
        """RC-08: links are built from the configured address; this token opens nothing."""
        hexkey("mail", "preview", "shown", public_url="https://id.example.com")

        text = (hexkey.folder / "shown" / "en" / "reset_password.txt").read_text()
        assert "https://id.example.com/account/reset-password?token=" in text

    def test_uses_the_templates_of_the_deployment(self, hexkey: Program) -> None:
        own = hexkey.folder / "own" / "en" / "new_device.txt"
        own.parent.mkdir(parents=True)
        own.write_text("Subject: Look, {{ user_name }}!\n\n{{ device }}\n")

        rows = hexkey.json("mail", "preview", "shown", mail_templates=str(own.parents[1]))

        subjects = [it["subject"] for it in rows if it["kind"] == "new_device"]
        assert "Look, Alice Example!" in subjects

    def test_is_read_by_people_too(self, hexkey: Program) -> None:
        result = hexkey("mail", "preview", "shown", "--language", "de-AT")

        assert result.exit_code == 0
        assert "Bestätigen Sie Ihre Adresse" in result.stdout
        assert "Confirm" not in result.stdout

    def test_refuses_a_language_without_templates(self, hexkey: Program) -> None:
        assert hexkey("mail", "preview", "shown", "--language", "tlh").exit_code == 2

    def test_says_when_it_cannot_write(self, hexkey: Program) -> None:
        (hexkey.folder / "file").write_text("")

        result = hexkey("mail", "preview", "file")

        assert result.exit_code == 1
        assert "cannot_write" in result.stderr
