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


class TestIndex:
    DECISIONS = sorted((check_links.ROOT / "docs" / "decisions").glob("0*.md"))
    OTHERS = sorted(
        it
        for it in (check_links.ROOT / "docs").rglob("*.md")
        if it.parent.name != "decisions" and it.name != "README.md"
    )

    @pytest.mark.parametrize("page", DECISIONS, ids=lambda it: it.name)
    def test_lists_every_decision(self, page: Path) -> None:
        assert f"({page.name})" in (page.parent / "README.md").read_text()

    @pytest.mark.parametrize("page", OTHERS, ids=lambda it: it.name)
    def test_lists_every_page(self, page: Path) -> None:
        docs = check_links.ROOT / "docs"

        assert f"({page.relative_to(docs).as_posix()})" in (docs / "README.md").read_text()

    def test_numbers_decisions_without_a_gap(self) -> None:
        numbers = [int(it.name[:4]) for it in self.DECISIONS]

        assert numbers == list(range(1, len(numbers) + 1))


class TestPromisesOfSecurity:
    def test_are_each_held_by_a_test(self) -> None:
        assert security_rows.missing() == []

    def test_are_listed_with_the_tests_that_hold_them(self) -> None:
        assert security_rows.PAGE.read_text() == security_rows.page(), "run: make security-rows"
