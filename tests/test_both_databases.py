"""SU-04: what a store promises is tested on SQLite and on PostgreSQL."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import contracts
from tests.test_architecture import PART_OF, all_ports, all_subclasses, modules_of

ROOT = Path(__file__).parents[1]
IN_SQL = "hexkey.adapters.sql"
FOLDERS = ("tests/integration/sql", "tests/integration/bells", "tests/integration/races")
BOTH = {"sqlite", "postgres"}
ONE_OF_THEM = {"ChangeBellContract"}  # SQLite cannot ring: its processes look at the file


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """The ids of every test of the stores, as pytest finds them."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-q", *FOLDERS],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [it for it in run.stdout.splitlines() if "::" in it]


def suites_of_stores() -> Iterator[str]:
    """The contract suite of every port that SQL serves."""
    names = {name for module in modules_of(contracts) for name in vars(module)}
    for port in all_ports():
        if any(it.__module__.startswith(IN_SQL) for it in all_subclasses(port)):
            suite = f"{PART_OF.get(port.__name__, port.__name__)}Contract"
            assert suite in names, port
            if suite not in ONE_OF_THEM:
                yield suite


def databases_of(ids: list[str], test: str) -> set[str]:
    parameters = {it.partition("[")[2] for it in ids if it.partition("[")[0] == test}
    return {database for database in BOTH if any(database in it for it in parameters)}


def classes_of(ids: list[str]) -> set[str]:
    tests = {it.partition("[")[0] for it in ids}
    return {it.rpartition("::")[0] for it in tests if "::Test" in it}


def class_of(id: str) -> type:
    file, _, name = id.partition("::")
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    found: type = getattr(module, name)
    return found


class TestStores:
    @pytest.mark.parametrize("suite", sorted(set(suites_of_stores())))
    def test_su_04_are_held_to_their_contract_on_both(
        self, suite: str, collected: list[str]
    ) -> None:
        (contract,) = {
            it for module in modules_of(contracts) if (it := vars(module).get(suite)) is not None
        }
        promises = {name for name in dir(contract) if name.startswith("test_")}
        classes = [it for it in classes_of(collected) if issubclass(class_of(it), contract)]

        for promise in promises:
            tests = [f"{it}::{promise}" for it in classes]
            assert any(databases_of(collected, it) == BOTH for it in tests), promise

    def test_su_04_of_one_database_have_a_twin_on_the_other(self, collected: list[str]) -> None:
        parametrized = {it.partition("[")[0] for it in collected if "[sqlite" in it}

        assert len(parametrized) > 100
        for test in parametrized:
            assert databases_of(collected, test) == BOTH, test
