"""The pages of the project say what is so."""

from pathlib import Path

import pytest

from tools import check_links, security_rows


class TestPages:
    @pytest.mark.parametrize("page", check_links.pages(), ids=lambda it: it.name)
    def test_have_no_dead_links(self, page: Path) -> None:
        assert list(check_links.dead_links(page)) == []

    def test_with_dead_links_are_noticed(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text(
            "# A heading, of sorts\n[good](#a-heading-of-sorts) [bad](#none) [worse](none.md)\n"
            "[elsewhere](https://example.com/none) `src/none.py`\n```\n[code](none.md)\n```\n"
        )

        assert list(check_links.dead_links(page)) == ["#none", "none.md", "src/none.py"]


class TestPromisesOfSecurity:
    def test_are_each_held_by_a_test(self) -> None:
        assert security_rows.missing() == []

    def test_are_listed_with_the_tests_that_hold_them(self) -> None:
        assert security_rows.PAGE.read_text() == security_rows.page(), "run: make security-rows"
