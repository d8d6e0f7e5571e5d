import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from hexkey.adapters.wordlist.common_passwords import (
    DIGEST_OCTETS,
    LIST_FILE,
    PackedCommonPasswords,
    packed,
)
from hexkey.domain.accounts.password import Password
from tests.contracts.common_passwords import CommonPasswordsContract

TOOL = Path(__file__).parents[4] / "tools" / "build_common_passwords.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_common_passwords", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def listed(tool: ModuleType) -> list[str]:
    words: list[str] = tool.listed()
    return words


class TestPackedCommonPasswords(CommonPasswordsContract):
    @pytest.fixture
    def common(self) -> PackedCommonPasswords:
        return PackedCommonPasswords()

    def test_pw_07_holds_a_hundred_thousand_of_policy_length(
        self, common: PackedCommonPasswords, listed: list[str]
    ) -> None:
        assert len(common) == len(listed) >= 100_000
        assert min(map(len, listed)) >= 8

    @pytest.mark.lengthy
    def test_pw_07_finds_every_one_of_them(
        self, common: PackedCommonPasswords, listed: list[str]
    ) -> None:
        assert all(common.contains(Password(text)) for text in listed)

    def test_pw_07_finds_the_first_fifty_long_ones_in_any_case(
        self, common: PackedCommonPasswords, listed: list[str]
    ) -> None:
        long = [text for text in listed if len(text) >= 15][:50]

        assert len(long) == 50
        assert all(common.contains(Password(text.upper())) for text in long)

    def test_is_built_the_same_everywhere(self, listed: list[str]) -> None:
        assert LIST_FILE.read_bytes() == packed(listed)

    def test_is_small(self) -> None:
        assert LIST_FILE.stat().st_size < 1_200_000

    def test_hardly_ever_takes_an_uncommon_password_for_a_common_one(
        self, common: PackedCommonPasswords
    ) -> None:
        assert math.log2(len(common)) - 8 * DIGEST_OCTETS < -30


class TestDamagedList:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda octets: octets[:5],
            lambda octets: octets[:-1],
            lambda octets: octets + b"x",
            lambda octets: b"XXXX" + octets[4:],
            lambda octets: octets[:4] + b"\x02" + octets[5:],
            lambda octets: b"",
        ],
    )
    def test_stops_the_start(self, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
        file = tmp_path / "list.bin"
        file.write_bytes(damage(packed(["password", "12345678"])))

        with pytest.raises(ValueError, match=r"common passwords|empty file"):
            PackedCommonPasswords(file)

    def test_may_be_empty_of_passwords(self, tmp_path: Path) -> None:
        file = tmp_path / "list.bin"
        file.write_bytes(packed([]))

        assert not PackedCommonPasswords(file).contains(Password("password"))
