from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hexkey.entrypoints.secret_files import make_once, read_secret, replace_and_keep
from hexkey.entrypoints.settings import BadConfiguration


@pytest.fixture
def present(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    make_once(path, "the first one")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "secret.previous"


class TestReplaceAndKeep:
    def test_of_many_at_once_one_succeeds_and_no_secret_is_lost(
        self, present: Path, kept: Path
    ) -> None:
        """Keys that were sealed under a secret that is then overwritten would be gone."""
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda n: replace_and_keep(present, kept, f"new {n}"), range(24)))

        assert done.count(True) == 1
        assert read_secret(present).decode() == f"new {done.index(True)}"
        assert read_secret(kept) == b"the first one"

    def test_leaves_no_drafts(self, present: Path, kept: Path) -> None:
        for number in range(2):
            replace_and_keep(present, kept, f"new {number}")

        assert set(present.parent.iterdir()) == {present, kept}

    def test_says_what_the_file_system_refuses(self, tmp_path: Path) -> None:
        with pytest.raises(BadConfiguration, match="cannot be made"):
            replace_and_keep(tmp_path / "no" / "secret", tmp_path / "kept", "x")
