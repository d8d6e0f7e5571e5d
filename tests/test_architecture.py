"""The rules of the architecture that neither import-linter nor ruff can see."""

import ast
import dataclasses
import importlib
import pkgutil
import re
import statistics
import typing
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

import hexkey
from hexkey.application import ports
from hexkey.domain.errors import HexkeyError
from hexkey.domain.keys import SigningAlgorithm
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.problems import status_of
from hexkey.entrypoints.http.protection import UndeclaredRoute, ensure_every_route_declares, rule_of
from hexkey.entrypoints.settings import Settings
from tests import contracts, support

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    it for it in (ROOT / "src").rglob("*.py") if "migrations" not in it.relative_to(ROOT).parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
OTHERS = sorted((*ROOT.glob("tools/*.py"), *ROOT.glob("examples/*/*.py")))

FORBIDDEN_NAMES = {
    *("utils", "helpers", "common", "misc", "base", "manager", "service", "types"),
}
MAX_FILE, MAX_FUNCTION, MIN_MEDIAN = 400, 50, 30  # lines

# Ports that make sense only together are held by one suite: a transaction by that of the store
# that opens it, signing by that of verifying, announcing a change by that of whoever must see it.
PART_OF = {
    "AccessTokenSigner": "AccessTokens",
    "AccessTokenVerifier": "AccessTokens",
    "StateChanges": "SignedInDirectory",
    "Users": "AccountStore",
    "AccountTransaction": "AccountStore",
    "Sessions": "SessionStore",
    "SessionTransaction": "SessionStore",
    "Roles": "AccessStore",
    "Administration": "AccessStore",
    "AccessTransaction": "AccessStore",
    "RoleDirectory": "AccessStore",
    "ApiKeys": "ApiKeyDirectory",
}
# "Absent" and "you may not see it" are one answer (EN-06), wherever they come from.
DELIBERATELY_ALIKE = {"not_found"}
# What these adapters do ends outside of the process, so that no unit test can stand on them.
OUTSIDE = ("hexkey.adapters.sql",)

SECRET = SecretStr("an-architecture-test-needs-no-real-secret-0123456789")
STORAGE = {
    "memory": "memory://",
    "sqlite": "sqlite:////nonexistent/hexkey.db",
    "postgresql": "postgresql://nobody@localhost/nothing",
}


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def modules_of(package: typing.Any) -> list[typing.Any]:
    """`package` and every module below it, imported."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    names = [module.name for module in found if ".migrations" not in module.name]
    return [package, *map(importlib.import_module, names)]


EVERYTHING = [*modules_of(hexkey), *modules_of(contracts), *modules_of(support)]


def all_ports() -> list[type]:
    return [
        value
        for module in modules_of(ports)
        for value in vars(module).values()
        if getattr(value, "_is_protocol", False) and value.__module__ == module.__name__
    ]


def all_subclasses(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield child
        yield from all_subclasses(child)


def refusals() -> list[type[HexkeyError]]:
    ours = {it for it in all_subclasses(HexkeyError) if it.__module__.startswith("hexkey.")}
    return sorted(ours, key=lambda it: it.__qualname__)


def settings(**values: typing.Any) -> Settings:
    return Settings(_env_file=None, **{"master_secret": SECRET, "hashing_workers": 1, **values})


class TestPort:
    @pytest.mark.parametrize("port", all_ports(), ids=lambda it: it.__name__)
    def test_has_a_contract_suite(self, port: type) -> None:
        holder = PART_OF.get(port.__name__, port.__name__)
        suites = {name for module in modules_of(contracts) for name in vars(module)}

        assert f"{holder}Contract" in suites

    @pytest.mark.parametrize("port", all_ports(), ids=lambda it: it.__name__)
    def test_has_an_adapter_for_unit_tests(self, port: type) -> None:
        adapters = [it.__module__ for it in all_subclasses(port)]

        assert [name for name in adapters if not name.startswith(OUTSIDE)], adapters

    @pytest.mark.parametrize("port", all_ports(), ids=lambda it: it.__name__)
    def test_has_few_methods_and_each_is_a_promise(self, port: type) -> None:
        methods = {name: it for name, it in vars(port).items() if is_method(name, it)}

        assert len(methods) <= 7
        assert [name for name, it in methods.items() if not promise_of(it)] == []


def is_method(name: str, value: object) -> bool:
    return not name.startswith("_") and (callable(value) or isinstance(value, property))


def promise_of(member: typing.Any) -> str | None:
    doc: str | None = member.__doc__
    return doc


class TestRefusal:
    @pytest.mark.parametrize("refusal", refusals(), ids=lambda it: it.__name__)
    def test_has_a_status_a_code_and_a_sentence(self, refusal: type[HexkeyError]) -> None:
        assert 400 <= status_of(refusal) < 600
        if hasattr(refusal, "code") or not refusal.__subclasses__():
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)
            assert refusal.message

    def test_shares_its_code_only_with_its_own_kinds(self) -> None:
        declaring = [it for it in refusals() if "code" in vars(it)]

        clashes = [
            (one.__name__, other.__name__)
            for one, other in product(declaring, declaring)
            if one.code == other.code
            and not issubclass(one, other)
            and not issubclass(other, one)
            and one.code not in DELIBERATELY_ALIKE
        ]

        assert clashes == []


class TestRoute:
    """AZ-01: deny by default."""

    def test_declares_who_may_call_it(self) -> None:
        routes = create_app(settings(database_url="memory://", http_basic=True)).routes

        assert len(routes) > 10
        for route in routes:
            assert rule_of(typing.cast("typing.Any", route)).audience

    def test_without_a_rule_keeps_the_application_from_starting(self) -> None:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/forgotten", lambda: "open to the world")

        with pytest.raises(UndeclaredRoute, match="/forgotten"):
            ensure_every_route_declares(app.routes)


class TestFile:
    @pytest.mark.parametrize("file", [*SOURCES, *TESTS, *OTHERS], ids=shown)
    def test_is_small_and_so_are_its_functions(self, file: Path) -> None:
        text = file.read_text()
        functions = [it for it in ast.walk(ast.parse(text)) if is_function(it)]

        assert text.count("\n") <= MAX_FILE
        assert [it.name for it in functions if length(it) > MAX_FUNCTION] == []

    def test_is_worth_opening(self) -> None:
        lengths = [it.read_text().count("\n") for it in SOURCES if it.name != "__init__.py"]

        assert statistics.median(lengths) >= MIN_MEDIAN

    def test_is_named_after_a_thing(self) -> None:
        files = [*SOURCES, *TESTS, *OTHERS]

        assert [it for it in files if it.stem.strip("_") in FORBIDDEN_NAMES] == []

    def test_makes_no_package_of_the_tests(self) -> None:
        assert [it for it in TESTS if it.name == "__init__.py"] == []


def is_function(node: ast.AST) -> typing.TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


class TestLayout:
    def test_has_the_link_that_makes_the_import_name(self) -> None:
        link = ROOT / "hexkey"

        assert link.is_symlink(), "run: make env"
        assert link.resolve() == ROOT / "src"

    def test_has_four_layers_and_nothing_beside_them(self) -> None:
        folders = {it.name for it in (ROOT / "src").iterdir() if it.is_dir()} - {"__pycache__"}

        assert folders == {"domain", "application", "adapters", "entrypoints"}


class TestTimeAndChance:
    """CR-01: one module asks the system for time, chance or ids; one reads the environment."""

    SYSTEM = ROOT / "src" / "adapters" / "crypto" / "system.py"
    SETTINGS = ROOT / "src" / "entrypoints" / "settings.py"

    @pytest.mark.parametrize("file", SOURCES, ids=shown)
    def test_come_from_their_ports(self, file: Path) -> None:
        used = set(names_used(ast.parse(file.read_text())))

        assert used & {"time.sleep"} == set()
        if file != self.SYSTEM:
            assert used & {"datetime.now", "datetime.utcnow", "time.time"} == set()
            assert used & {"secrets", "random", "uuid"} == set()
        if file != self.SETTINGS:
            assert used & {"os.environ", "os.getenv"} == set()


def names_used(tree: ast.Module) -> Iterator[str]:
    """Modules that are imported, and every `name.attribute`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (it.name for it in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{it.name}" for it in names)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                yield f"{name}.{attribute}"


class TestContainer:
    @pytest.mark.parametrize("hasher", ["bcrypt", "argon2id"])
    @pytest.mark.parametrize("storage", STORAGE)
    @pytest.mark.parametrize("algorithm", SigningAlgorithm)
    def test_builds_everything(
        self, storage: str, hasher: str, algorithm: SigningAlgorithm
    ) -> None:
        container = build_container(
            settings(
                database_url=SecretStr(STORAGE[storage]),
                password_hasher=hasher,
                signing_algorithm=algorithm,
            )
        )

        for built in everything_built(container):
            assert ports_filled_wrongly(built) == []


def everything_built(container: Container) -> Iterator[object]:
    unused = "engine" if container.settings().storage == "memory" else "memory"
    for name, provider in container.providers.items():
        if name != unused:
            yield provider()
    container.hashing_pool().close()


def ports_filled_wrongly(built: object) -> list[str]:
    """Fields of a use case whose value is no adapter of their port; mypy cannot see this."""
    if not dataclasses.is_dataclass(built):
        return []
    hints = typing.get_type_hints(type(built))
    return [
        f"{type(built).__name__}.{field.name}"
        for field in dataclasses.fields(built)
        if hints[field.name] in all_ports()
        and hints[field.name] not in type(getattr(built, field.name)).__mro__
    ]
