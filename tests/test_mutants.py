"""SU-03: the tool that makes small mistakes makes those that matter, one at a time."""

import ast
from pathlib import Path

import pytest

from tools.mutants import mutants
from tools.mutation import MODULES, ROOT

MISTAKES = [
    ("if now < end: pass", "if now <= end:"),
    ("if a == b: pass", "if a != b:"),
    ("if role in roles: pass", "if role not in roles:"),
    ("if a and b: pass", "if a or b:"),
    ("if not a: pass", "if a:"),
    ("limit = 5", "limit = 6"),
    ("ok = True", "ok = False"),
    ("end = now + idle", "end = now - idle"),
    ("value = a if b else c", "value = c if b else a"),
    ("def f(): return value", "return None"),
    ("def f(): raise Forbidden", "pass"),
    ("async def f(): await transaction.commit()", "pass"),
]
SPARED = [
    '"""A page about 5 things."""',
    "import os",
    "def f(a: Literal[5]) -> Literal[5]: ...",
    "@dataclass(frozen=True)\nclass A: ...",
    "def f(): return None",
    "_waiting: list[str] = field(default_factory=list, init=False)",
]


class TestMutants:
    @pytest.mark.parametrize(("code", "mistake"), MISTAKES)
    def test_su_03_have_the_mistake(self, code: str, mistake: str) -> None:
        assert any(mistake in it.source for it in mutants(code))

    @pytest.mark.parametrize("code", SPARED)
    def test_su_03_are_not_made_of_what_does_not_run(self, code: str) -> None:
        assert list(mutants(code)) == []

    @pytest.mark.parametrize("module", MODULES)
    def test_su_03_differ_from_the_module_in_one_place(self, module: str) -> None:
        path = ROOT / "src" / module
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            assert one_place(file)


def one_place(file: Path) -> bool:
    """Whether each mutant of `file` has one node, with what is below it, that is another."""
    whole = ast.parse(file.read_text())
    made = list(mutants(file.read_text()))
    same = ast.unparse(whole)
    return all(it.source != same and differences(same, it.source) <= 2 for it in made)


def differences(one: str, other: str) -> int:
    """Lines of either that the other has not."""
    return len(set(one.splitlines()) ^ set(other.splitlines())) // 2
