"""What every `CursorSealer` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.paging import CursorSealer
from hexkey.domain.paging import InvalidCursor

POSITION = "01890a5d-ac96-774b-bcce-b302099a8057"


class CursorSealerContract(ABC):
    """Subclass as `TestXxx` and provide the `sealer` fixture."""

    @abstractmethod
    def sealer(self) -> CursorSealer: ...

    def test_opens_what_it_sealed(self, sealer: CursorSealer) -> None:
        for position in (POSITION, "", "é\U0001f600", "x" * 200):
            cursor = sealer.seal(position, listing="users")

            assert sealer.open(cursor, listing="users") == position

    def test_is_safe_in_a_url_and_says_nothing(self, sealer: CursorSealer) -> None:
        cursor = sealer.seal(POSITION, listing="users")

        assert cursor.replace("-", "").replace("_", "").isalnum()
        assert "01890a5d" not in cursor

    def test_cr_04_opens_no_cursor_of_another_listing(self, sealer: CursorSealer) -> None:
        listings = ("users", "audit", "", "user", "users ")
        for listing in listings:
            cursor = sealer.seal(POSITION, listing=listing)
            for other in listings:
                if other != listing:
                    with pytest.raises(InvalidCursor):
                        sealer.open(cursor, listing=other)

    def test_refuses_a_cursor_changed_in_any_place(self, sealer: CursorSealer) -> None:
        cursor = sealer.seal(POSITION, listing="users")
        for place, character in enumerate(cursor):
            forged = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
            with pytest.raises(InvalidCursor):
                sealer.open(forged, listing="users")

    @pytest.mark.parametrize(
        "junk",
        ["", "A", "=", "AQ", "AQ==", "\0", "\ud800", "é", "' OR 1=1", "A" * 1_000_000, "AAAA" * 20],
    )
    def test_refuses_junk(self, sealer: CursorSealer, junk: str) -> None:
        with pytest.raises(InvalidCursor):
            sealer.open(junk, listing="users")

    def test_refuses_padding_and_cut_cursors(self, sealer: CursorSealer) -> None:
        cursor = sealer.seal(POSITION, listing="users")
        for forged in (cursor + "=", cursor + "\n", " " + cursor, cursor[:-1], cursor + "A"):
            with pytest.raises(InvalidCursor):
                sealer.open(forged, listing="users")
