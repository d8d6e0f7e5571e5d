"""SU-02, IN-12: no source opens a door by a careless call; SQL is bound, never composed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dangers import dangers

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

# Each with its reason.
ALLOWED = {
    ("src/adapters/sql/engine.py", "composed SQL"),  # PRAGMAs have no parameters; from a constant
}

PLANTED = {
    'connection.execute(f"SELECT * FROM users WHERE name = {name!r}")': "composed SQL",
    'connection.execute(text(f"SELECT {column} FROM users"))': "composed SQL",
    'text("SELECT * FROM users WHERE name = \'" + name + "\'")': "composed SQL",
    "text(\"SELECT * FROM users WHERE name = '%s'\" % name)": "composed SQL",
    'text("SELECT * FROM users ORDER BY {}".format(order))': "composed SQL",
    'connection.exec_driver_sql("DELETE FROM " + table)': "composed SQL",
    'driver.fetch("SELECT 1 WHERE id IN (" + ", ".join(ids) + ")")': "composed SQL",
    'query = f"SELECT {x}"; connection.execute(query)': "composed SQL",
    'query = "SELECT "; query += f"{x}"; connection.execute(query)': "composed SQL",
    'order_by(literal_column(f"users.{order}"))': "composed SQL",
    "eval(expression)": "eval",
    "exec(code)": "exec",
    "import pickle": "pickle",
    "from pickle import loads": "pickle",
    "from xml.etree import ElementTree": "xml.etree",
    "yaml.load(text)": "yaml.load",
    "import subprocess": "subprocess",
    "os.system(command)": "os.system",
    "run(command, shell=True)": "shell=True",
    "httpx2.get(url, verify=False)": "verify=False",
    "context.check_hostname = False": "check_hostname=False",
    "context.verify_mode = ssl.CERT_NONE": "ssl.CERT_NONE",
    "Environment(autoescape=False)": "autoescape=False",
    "hashlib.md5(password)": "hashlib.md5",
    "tempfile.mktemp()": "tempfile.mktemp",
}
HARMLESS = [
    'connection.execute(text("SELECT * FROM users WHERE name = :name"), {"name": name})',
    'connection.execute(select(users).where(users.c.name == bindparam("name")))',
    'log.info(f"{count} users")',
    "hashlib.sha1(octets, usedforsecurity=False)",
    "query = select(users); query = query.limit(limit); connection.execute(query)",
]


def inside_a_function(code: str) -> ast.Module:
    return ast.parse("def act():\n" + "".join(f"    {it.strip()}\n" for it in code.split(";")))


class TestSources:
    @pytest.mark.parametrize("file", SOURCES, ids=lambda it: it.relative_to(ROOT).as_posix())
    def test_in_12_su_02_make_no_dangerous_calls(self, file: Path) -> None:
        name = file.relative_to(ROOT).as_posix()

        found = [it for it in dangers(ast.parse(file.read_text())) if (name, it[1]) not in ALLOWED]

        assert found == []

    @pytest.mark.parametrize(("code", "kind"), PLANTED.items())
    def test_su_02_with_a_planted_flaw_are_noticed(self, code: str, kind: str) -> None:
        assert [it for _, it in dangers(inside_a_function(code))] == [kind]

    @pytest.mark.parametrize("code", HARMLESS)
    def test_that_bind_their_parameters_are_left_alone(self, code: str) -> None:
        assert dangers(inside_a_function(code)) == []

    def test_are_excused_only_where_it_is_needed(self) -> None:
        for name, kind in ALLOWED:
            assert kind in [it for _, it in dangers(ast.parse((ROOT / name).read_text()))]


class TestBandit:
    """SU-02: `make check` runs it; here it is seen to bite."""

    def test_su_02_finds_what_is_planted(self, tmp_path: Path) -> None:
        planted = tmp_path / "planted.py"
        planted.write_text(
            "import subprocess, hashlib\nsubprocess.Popen(command, shell=True)\nhashlib.md5(b'x')\n"
        )

        run = subprocess.run(
            [sys.executable, "-m", "bandit", "-q", "-lll", "-f", "json", planted],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip

        assert run.returncode == 1
        found = {it["test_id"] for it in json.loads(run.stdout)["results"]}
        assert found == {"B602", "B324"}

    def test_su_02_is_part_of_the_checks(self) -> None:
        makefile = (ROOT / "Makefile").read_text()

        assert "bandit --quiet --recursive src -lll" in makefile
        targets = dict(it.split(":", 1) for it in makefile.splitlines() if ": " in it[:10])
        assert "static" in targets["check"].split()
        assert "bandit" in targets["static"].split()
