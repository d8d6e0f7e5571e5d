"""What the settings say about mail and errands is what is wired."""

import sys
from pathlib import Path
from typing import Any

import pytest

from hexkey.adapters.mail.console_sender import ConsoleSender
from hexkey.adapters.mail.file_sender import FileSender
from hexkey.adapters.mail.refusing_sender import RefusingSender
from hexkey.adapters.mail.smtp_sender import SmtpSender
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.settings import BadConfiguration, Settings
from tests.support.program import alone

__all__ = ["alone"]

PRODUCTION = {
    "environment": "production",
    "public_url": "https://a.example",
    "master_secret": "kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5",
}
PROFILES: dict[str, dict[str, Any]] = {
    "development": {},
    "throw-away": {"database_url": "memory://"},
    "production": {**PRODUCTION, "smtp_url": "smtps://u:p@mail.example.com"},
    "postgresql": {**PRODUCTION, "database_url": "postgresql://h/d", "registration": "closed"},
}
ERRANDS = {"sending mail", "calling webhooks", "erasing accounts"}


def built(**values: Any) -> Container:
    return build_container(Settings(_env_file=None, **values))


class TestContainer:
    @pytest.mark.parametrize("profile", PROFILES)
    def test_builds_everything_for_every_profile(self, alone: Path, profile: str) -> None:
        container = built(**PROFILES[profile])
        of_a_database = {"engine"} if profile == "throw-away" else set()

        for name, provider in container.providers.items():
            if name not in of_a_database:
                provider()

    @pytest.mark.parametrize(
        ("values", "sender"),
        [
            ({"smtp_url": "smtp://mail.example.com"}, SmtpSender),
            ({"mail_dir": Path("mails")}, FileSender),
            ({}, ConsoleSender),
            (PRODUCTION, RefusingSender),
        ],
    )
    def test_sends_mail_as_the_settings_say(
        self, alone: Path, values: dict[str, Any], sender: type
    ) -> None:
        assert type(built(**values).mail_sender()) is sender

    @pytest.mark.parametrize(
        ("port", "user"),
        [("mail_sender", "deliver_mail"), ("webhook_sender", "deliver_webhooks")],
    )
    def test_sends_through_what_a_deployment_brings(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, port: str, user: str
    ) -> None:
        (alone / "our_senders.py").write_text("def make(container):\n    return 'ours'\n")
        monkeypatch.syspath_prepend(str(alone))

        container = built(adapters=f"{port}=our_senders:make")

        assert getattr(container, user)().sender == "ours"
        monkeypatch.delitem(sys.modules, "our_senders")

    def test_runs_errands_unless_they_are_left_to_the_worker(self, alone: Path) -> None:
        here = {it.name for it in built().background().chores}
        elsewhere = built(worker=False)

        assert here > ERRANDS
        assert {it.name for it in elsewhere.background().chores} == here - ERRANDS
        assert {it.name for it in elsewhere.worker().chores} == ERRANDS

    def test_wakes_the_worker_of_its_own_process(self, alone: Path) -> None:
        container = built(database_url="memory://")

        assert container.deliver_mail().arrivals is container.arrivals()
        assert container.arrivals() is container.deliver_webhooks().arrivals


class TestMailThatCannotBeUsed:
    def test_stops_the_start_for_templates_that_name_what_they_do_not_have(
        self, alone: Path
    ) -> None:
        (alone / "en").mkdir()
        (alone / "en" / "reset_password.txt").write_text("Subject: x\n{{ passwort }}\n")

        with pytest.raises(BadConfiguration, match=r"HEXKEY_MAIL_TEMPLATES: .*passwort"):
            built(mail_templates=alone).letter_writer()

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"mail_templates": Path("none")}, "HEXKEY_MAIL_TEMPLATES"),
            ({"smtp_url": "smtp://h", "smtp_ca_file": Path("none")}, "HEXKEY_SMTP_CA_FILE"),
            ({"smtp_url": "smtp://h", "mail_from": "ä@b.example"}, "HEXKEY_MAIL_FROM"),
        ],
    )
    def test_stops_the_start_and_is_named(
        self, alone: Path, values: dict[str, Any], name: str
    ) -> None:
        with pytest.raises(BadConfiguration, match=name):
            built(**values).background()
