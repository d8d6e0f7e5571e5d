"""SU-03: the tool that makes small mistakes makes those that matter, one at a time."""

import ast
from pathlib import Path

import pytest

from tools.mutants import mutants
from tools.mutation import MODULES, ROOT, TESTS, about

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
    ("def f(): raise AssertionError(a == b)", "pass"),
    ("async def f(): await transaction.commit()", "pass"),
]
SPARED = [
    '"""A page about 5 things."""',
    "import os",
    "def f(a: Literal[5]) -> Literal[5]: ...",
    "@dataclass(frozen=True)\nclass A: ...",
    "def f(): return None",
    "_waiting: list[str] = field(default_factory=list, init=False)",
    "def f() -> NoReturn: raise AssertionError",
    "match a:\n    case never: assert_never(never)",
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


class TestTests:
    @pytest.mark.parametrize("test", [it for it in TESTS if it.startswith("tests/")])
    def test_su_03_are_there(self, test: str) -> None:
        assert (ROOT / test).exists()

    @pytest.mark.parametrize(
        ("module", "test"),
        [
            ("domain/authentication/throttle.py", "domain/authentication/test_throttle.py"),
            ("domain/authentication/throttle.py", "domain/test_bounds.py"),
            ("application/sessions/following.py", "application/test_bounds.py"),
            ("application/sessions/ending.py", "application/sessions/test_ending.py"),
            ("application/sessions/tokens.py", "domain/test_secrecy.py"),
        ],
    )
    def test_su_03_of_a_module_are_those_that_name_it_or_look_at_all(
        self, module: str, test: str
    ) -> None:
        """SU-03: a bound is noticed by a test that runs nothing of its module."""
        found = about(ROOT / "src" / module)

        assert f"tests/unit/{test}" in found
        assert "tests/unit/test_quick_hasher.py" not in found


def one_place(file: Path) -> bool:
    """Whether each mutant of `file` has one node, with what is below it, that is another."""
    whole = ast.parse(file.read_text())
    made = list(mutants(file.read_text()))
    same = ast.unparse(whole)
    return all(it.source != same and differences(same, it.source) <= 2 for it in made)


def differences(one: str, other: str) -> int:
    """Lines of either that the other has not."""
    return len(set(one.splitlines()) ^ set(other.splitlines())) // 2
