"""How many small mistakes in the security modules the quick tests notice (SU-03).

    python tools/mutation.py [--sample 200] [--seed 20260101] [--contexts FILE] [MODULE ...]

The tests run once to learn which of them execute which line. Then each mistake of the sample is
put into a module in memory, in a process of its own, and the tests that execute its line run until
one fails (`.`) or the time is up (`!`): first those that are about the module, then other unit
tests, then the rest. A mistake that no test notices survives, and is shown. Nothing on disk
changes.
"""

import argparse
import importlib.abc
import importlib.util
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest
from coverage import CoverageData

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.mutants import Mutant, mutants  # noqa: E402 - the line above makes it findable

MODULES = (
    *("domain/authentication", "domain/access.py", "domain/sessions", "domain/audit"),
    *("application/authentication", "application/access", "application/audit"),
    "application/sessions",
)
TESTS = (  # that are quick, and hold what the modules do
    *("tests/unit", "tests/integration/http/admin", "tests/integration/http/throttle"),
    *("tests/integration/http/sessions", "tests/integration/http/test_alike.py"),
    *("tests/integration/http/test_audit_types.py", "tests/integration/http/test_explanations.py"),
    "tests/integration/http/test_audit_catalogue.py",
    *("tests/integration/sql/test_audit_tampering.py", "-k", "not postgres"),
)
LIMIT = 0.8  # of the mistakes are noticed
PATIENCE = 120  # seconds for one; a mistake that makes a test hang is noticed
MOST_TESTS = 60  # of each kind of those that execute the line, spread evenly
# What every test imports from others is loaded once; never anything of ours.
WARM = ("fastapi", "sqlalchemy.ext.asyncio", "hypothesis", "httpx2", "jwt", "asyncpg", "typer")

Found = tuple[Path, Mutant]


class _Mistaken(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with the mistake in it."""

    def __init__(self, name: str, file: Path, source: str) -> None:
        self._name, self._file, self._source = name, file, source

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        package = [str(self._file.parent)] if self._file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, self._file, loader=self, submodule_search_locations=package
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(self._file), "exec"), module.__dict__)


def main() -> int:
    """The exit status: 1 if too many survive."""
    options = _options()
    tests = _tests_by_line(options.contexts)
    everything = [
        (file, mutant)
        for module in options.modules
        for file in _files(ROOT / "src" / module)
        for mutant in mutants(file.read_text())
    ]
    sample = _sampled(everything, options.sample, options.seed)
    for name in WARM:
        importlib.import_module(name)
    _ensure_sound(sample, tests)
    survivors = [it for it in sample if not _is_noticed(*it, tests)]
    for file, mutant in survivors:
        print(f"{file.relative_to(ROOT)}:{mutant.line}  {mutant.what}")
    score = 1 - len(survivors) / len(sample)
    print(
        f"{len(sample)} of {len(everything)} mistakes (seed {options.seed}): "
        f"{len(survivors)} survive, score {score:.1%}"
    )
    return score < LIMIT


def _ensure_sound(sample: Sequence[Found], tests: CoverageData) -> None:
    """Or a test that fails in any case would seem to notice everything."""
    file, mutant = sample[0]
    right = replace(mutant, source=file.read_text())
    near = set().union(*(about(file) for file, _ in sample))
    asked = set().union(*(_of_file(file, tests) for file, _ in sample))
    for options in (["--collect-only", *asked], sorted(near), _some(_of_file(file, tests))):
        if _fails(file, right, options, patience=10 * PATIENCE):
            raise SystemExit("without any mistake, too, tests fail, or are not where they were")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--contexts", type=Path, help="what an earlier run has learned")
    parser.add_argument("modules", nargs="*", default=MODULES)
    return parser.parse_args()


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _sampled(everything: list[Found], number: int, seed: int) -> list[Found]:
    chosen = random.Random(seed).sample(everything, min(number, len(everything)))
    return sorted(chosen, key=lambda it: (it[0], it[1].line, it[1].what))


def _tests_by_line(contexts: Path | None) -> CoverageData:
    if contexts is None:
        contexts = Path(tempfile.mkdtemp()) / "contexts"
        options = [
            "--cov=hexkey",
            "--cov-context=test",
            "--cov-branch",
            "--cov-report=",
            *TESTS,
        ]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", *options],
            cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(contexts)}, check=True,
        )  # fmt: skip
    data = CoverageData(str(contexts))
    data.read()
    return data


def _is_noticed(file: Path, mutant: Mutant, data: CoverageData) -> bool:
    """Whether a test fails; those are asked first that are likeliest to notice it, and soonest."""
    found = _executing(file, mutant.line, data)
    theirs = about(file)
    # What runs as the module is loaded, runs for tests that execute nothing of it, too.
    near = {it for it in found if it.partition("::")[0] in theirs} if found else theirs
    others = {it for it in found or _of_file(file, data) if it.partition("::")[0] not in theirs}
    quick = {it for it in others if it.startswith("tests/unit/")}
    return any(it and _fails(file, mutant, _some(it)) for it in (near, quick, others - quick))


def _some(tests: set[str]) -> list[str]:
    return sorted(tests)[:: len(tests) // MOST_TESTS + 1]


@cache
def about(file: Path) -> set[str]:
    """The unit tests, as files, that import the module, or every module, or have its name."""
    *packages, name = _dotted(file).split(".")
    within = rf" import (\([^)]*|.*)\b{name}\b"
    imported = re.compile(
        rf"^(from|import) {'[.]'.join(packages)}([.]{name}\b|{within})", re.MULTILINE
    )
    return {
        str(test.relative_to(ROOT))
        for test in (ROOT / "tests/unit").rglob("test_*.py")
        if test.stem == f"test_{name}"
        or imported.search(test.read_text())
        or "walk_packages" in test.read_text()
    }


def _executing(file: Path, line: int, data: CoverageData) -> set[str]:
    """The tests of a line; none if it runs only as the module is loaded, or not at all."""
    return _lines(file, data).get(line, set())


def _of_file(file: Path, data: CoverageData) -> set[str]:
    return set().union(*_lines(file, data).values())


@cache
def _lines(file: Path, data: CoverageData) -> dict[int, set[str]]:
    """The tests of each line, without the values of their parameters."""
    found: dict[int, set[str]] = {}
    for measured in data.measured_files():
        if measured.endswith(str(file.relative_to(ROOT / "src"))):
            for at, contexts in data.contexts_by_lineno(measured).items():
                named = {it.partition("|")[0].partition("[")[0] for it in contexts}
                found.setdefault(at, set()).update(named - {""})
    return {at: tests for at, tests in found.items() if tests}


def _dotted(file: Path) -> str:
    parts = ["hexkey", *file.relative_to(ROOT / "src").with_suffix("").parts]
    return ".".join(parts).removesuffix(".__init__")


def _fails(file: Path, mutant: Mutant, tests: Sequence[str], *, patience: int = PATIENCE) -> bool:
    """Whether a child that has the mistake fails, or comes to no end."""
    child = os.fork()
    if child == 0:
        os._exit(_run(file, mutant, tests))
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(patience)
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    print("" if status == 0 else "." if os.WIFEXITED(status) else "!", end="", flush=True)
    return status != 0


def _run(file: Path, mutant: Mutant, tests: Sequence[str]) -> int:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    sys.meta_path.insert(0, _Mistaken(_dotted(file), file, mutant.source))
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")
    options = ["-x", "-q", "-n", "0", "-p", "no:schemathesis", "-p", "no:cov", "--assert=plain"]
    return int(pytest.main([*options, *tests]))


if __name__ == "__main__":
    sys.exit(main())
