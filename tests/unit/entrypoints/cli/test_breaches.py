"""PW-08: a filter from the command line to a refused password."""

import json
from pathlib import Path

import pytest

from hexkey.adapters.breaches.partial_file import held
from tests.support.program import Program, _logging_put_back, alone, hexkey
from tests.support.range_server import sha1

__all__ = ["_logging_put_back", "alone", "hexkey"]  # fixtures

LOST = "lost with a million others"


@pytest.fixture
def listed(alone: Path) -> Path:
    file = alone / "list.txt"
    file.write_text(f"{sha1(LOST)}:1000000\n{sha1('something else')}:1\n")
    return file


class TestBuildFilter:
    def test_pw_08_makes_what_refuses_a_password(self, hexkey: Program, listed: Path) -> None:
        [made] = hexkey.json("passwords", "build-filter", str(listed))

        assert made["file"] == "breached.filter"
        assert made["entries"] == 2
        assert made["octets"] == (hexkey.folder / "breached.filter").stat().st_size
        assert 0 < made["false_positives"] < 0.001
        create = ("users", "create", "--username", "ada")
        result = hexkey(*create, stdin=f"{LOST}\n", breached_passwords_file="breached.filter")
        assert result.exit_code == 1
        assert "(password_breached)" in result.stderr
        assert hexkey(*create, stdin=f"{LOST}\n").exit_code == 0

    def test_says_what_to_do_with_it(self, hexkey: Program, listed: Path) -> None:
        result = hexkey(
            *("passwords", "build-filter", str(listed), "--output", "other.filter"),
            *("--least-count", "2", "--false-positives", "0.01"),
        )

        assert result.exit_code == 0
        assert "1 passwords" in result.stdout
        assert f"HEXKEY_BREACHED_PASSWORDS_FILE={hexkey.folder / 'other.filter'}" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("nowhere.txt",), "file_unusable"),
            (("list.txt", "--output", "no/such/folder"), "file_unusable"),
            (("empty.txt",), "unusable_list"),
            (("list.txt", "--output", "list.txt"), "unusable_list"),
            (("list.txt", "--output", "busy.filter"), "filter_in_making"),
        ],
    )
    def test_refuses_what_it_cannot_do(
        self, hexkey: Program, listed: Path, arguments: tuple[str, ...], code: str
    ) -> None:
        listed.with_name("empty.txt").touch()

        with held(hexkey.folder / "busy.filter.partial"):
            result = hexkey("passwords", "build-filter", *arguments)

        assert result.exit_code == 1
        assert f"({code})" in result.stderr
        assert json.dumps(LOST) not in result.stderr


class TestFilterThatCannotBeUsed:
    @pytest.mark.parametrize("content", [None, b"", b"no filter at all" * 10])
    def test_stops_the_start(self, hexkey: Program, content: bytes | None) -> None:
        """CR-03: with a sentence."""
        if content is not None:
            (hexkey.folder / "a.filter").write_bytes(content)

        result = hexkey("serve", "--port", "0", breached_passwords_file="a.filter")

        assert result.exit_code == 1
        assert "HEXKEY_BREACHED_PASSWORDS_FILE" in result.stderr
        assert "(bad_configuration)" in result.stderr
