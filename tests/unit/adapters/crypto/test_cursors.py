import pytest

from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.domain.paging import InvalidCursor
from tests.contracts.cursor_sealer import POSITION, CursorSealerContract
from tests.support.issuing import derived_keys


class TestEncryptedCursors(CursorSealerContract):
    @pytest.fixture
    def sealer(self) -> EncryptedCursors:
        return EncryptedCursors(derived_keys())

    def test_work_on_every_instance_of_one_deployment(self, sealer: EncryptedCursors) -> None:
        cursor = sealer.seal(POSITION, listing="users")

        assert EncryptedCursors(derived_keys()).open(cursor, listing="users") == POSITION

    def test_of_another_deployment_are_refused(self, sealer: EncryptedCursors) -> None:
        foreign = EncryptedCursors(derived_keys(b"x" * 32)).seal(POSITION, listing="users")

        with pytest.raises(InvalidCursor):
            sealer.open(foreign, listing="users")

    def test_never_look_the_same_twice(self, sealer: EncryptedCursors) -> None:
        assert sealer.seal(POSITION, listing="users") != sealer.seal(POSITION, listing="users")
