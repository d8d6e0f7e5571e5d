"""What `hexkey serve` says when it begins."""

from pathlib import Path
from typing import Any

import pytest

from hexkey.entrypoints.cli.listening import Address
from hexkey.entrypoints.cli.welcome import announce
from hexkey.entrypoints.settings import Settings

CANARY = "c4n4ry-Zx81-secret-of-this-deployment"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    def say(host: str = "127.0.0.1", port: int = 8000, **values: Any) -> str:
        announce(Settings(_env_file=None, **values), Address(host, port))
        return capsys.readouterr().out

    return say


class TestWelcome:
    def test_says_what_to_do_next(self, said: Any) -> None:
        text = said(data_dir=Path("/srv/hexkey"))

        assert "http://127.0.0.1:8000/docs" in text
        assert "curl http://127.0.0.1:8000/users" in text
        assert "curl http://127.0.0.1:8000/token" in text
        assert "/srv/hexkey/hexkey.db" in text
        assert "/srv/hexkey/master.secret" in text
        assert "issuer" not in text

    def test_says_how_people_come_in(self, said: Any) -> None:
        assert "Register:" in said(registration="verified")
        assert "hexkey users invite" in said(registration="invited")
        assert "hexkey users create" in said(registration="closed")

    def test_says_where_mail_goes(self, said: Any) -> None:
        assert "mail     is printed here" in said()
        assert "mail     files in mails" in said(mail_dir=Path("mails"))
        shown = said(smtp_url=f"smtp://u:{CANARY}@mail.example.com")
        assert "mail     smtp://u:********@mail.example.com" in shown
        assert CANARY not in shown

    def test_says_when_the_issuer_is_on_another_port(self, said: Any) -> None:
        assert "HEXKEY_PUBLIC_URL=http://127.0.0.1:9000" in said(port=9000)
        assert "issuer" not in said(port=9000, public_url="https://auth.example.com")
        assert "issuer" in said(public_url="http://localhost")

    def test_never_says_a_secret(self, said: Any) -> None:
        """LG-03."""
        text = said(master_secret=CANARY, database_url=f"postgresql://u:{CANARY}@db/hexkey")

        assert CANARY not in text
        assert "HEXKEY_MASTER_SECRET" in text
        assert "@db/hexkey" in text

    @pytest.mark.parametrize("environment", ["development", "production"])
    def test_rc_16_tells_how_to_make_the_first_administrator(
        self, capsys: pytest.CaptureFixture[str], environment: Any
    ) -> None:
        """RC-16: as long as there is none."""
        settings = Settings(
            _env_file=None, environment=environment, public_url="https://auth.example.com"
        )
        announce(settings, Address("127.0.0.1", 8000), setup_token="hxk_su_x")

        text = capsys.readouterr().out
        assert "curl http://127.0.0.1:8000/setup" in text
        assert '{"token": "hxk_su_x", "username": "…", "password": "…"}' in text

    def test_suits_what_is_switched_off(self, said: Any) -> None:
        text = said(
            docs=False, password_form=False, registration="closed", database_url="memory://"
        )

        assert "/docs" not in text
        assert "/sessions" in text
        assert "hexkey users create" in text
        assert "forgotten" in text

    def test_names_the_file_of_the_secret(self, said: Any) -> None:
        assert "/run/secrets/hexkey" in said(master_secret_file=Path("/run/secrets/hexkey"))

    def test_names_an_address_that_can_be_reached(self, said: Any) -> None:
        assert "http://127.0.0.1:8000/docs" in said(host="0.0.0.0")
        assert "http://[::1]:8000/docs" in said(host="::")

    def test_is_one_line_in_production(self, said: Any) -> None:
        text = said(environment="production", public_url="https://auth.example.com")

        assert text.count("\n") == 1
        assert "https://auth.example.com" in text
