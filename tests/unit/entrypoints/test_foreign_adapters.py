"""Adapters of a deployment's own packages."""

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from hexkey.application.ports.passwords import CommonPasswords
from hexkey.domain.accounts.password import Password
from hexkey.entrypoints import foreign_adapters
from hexkey.entrypoints.container import build_container
from hexkey.entrypoints.settings import BadConfiguration, Settings
from tests.support.program import alone

__all__ = ["alone"]

HERE = "tests.unit.entrypoints.test_foreign_adapters"


class NothingIsCommon(CommonPasswords):
    """Made with the container, from which it could take anything."""

    def __init__(self, container: Any) -> None:
        self.clock = container.clock()

    def contains(self, password: Password) -> bool:
        return False


@pytest.fixture
def written(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with a module `our_adapters`."""
    (alone / "our_adapters.py").write_text(f"from {HERE} import NothingIsCommon as make\n")
    (alone / "our_broken_adapters.py").write_text("import a_package_that_is_not_installed\n")
    monkeypatch.syspath_prepend(str(alone))
    return alone


def built(**values: Any) -> Any:
    return build_container(Settings(_env_file=None, database_url="memory://", **values))


class TestForeignAdapter:
    def test_named_by_its_path_takes_the_place_of_ours(self, written: Path) -> None:
        container = built(adapters="common_passwords=our_adapters:make")

        adapter = container.common_passwords()

        assert type(adapter).__name__ == "NothingIsCommon"
        assert adapter.clock is container.clock()
        assert container.new_passwords().common is adapter

    def test_named_by_its_entry_point_takes_the_place_of_ours(
        self, written: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = EntryPoint(
            "password_hasher.ours", "our_adapters:make", group=foreign_adapters.GROUP
        )
        monkeypatch.setattr(
            foreign_adapters, "entry_points", lambda **wanted: EntryPoints([entry]).select(**wanted)
        )

        hasher = built(password_hasher="ours").password_hasher()

        assert type(hasher).__name__ == "NothingIsCommon"

    def test_that_is_not_installed_is_named(self) -> None:
        with pytest.raises(BadConfiguration, match=r"password_hasher\.scrypt"):
            built(password_hasher="scrypt")

    def test_for_a_port_that_does_not_exist_is_told_the_ports(self) -> None:
        with pytest.raises(BadConfiguration, match="password_hasher"):
            built(adapters="pasword_hasher=our_adapters:make")

    def test_that_cannot_be_imported_says_what_is_missing(self, written: Path) -> None:
        with pytest.raises(BadConfiguration, match="a_package_that_is_not_installed"):
            built(adapters="common_passwords=our_broken_adapters:make")

    def test_that_is_not_in_its_module_says_so(self, written: Path) -> None:
        with pytest.raises(BadConfiguration, match="no_such_factory"):
            built(adapters="common_passwords=our_adapters:no_such_factory")
