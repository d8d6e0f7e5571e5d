"""What every `IdGenerator` promises."""

from abc import ABC, abstractmethod

from hexkey.application.ports.system import IdGenerator
from hexkey.domain.identifiers import parse_user_id


class IdGeneratorContract(ABC):
    """Subclass as `TestXxx` and provide the `ids` fixture."""

    @abstractmethod
    def ids(self) -> IdGenerator: ...

    def test_makes_canonical_uuids_of_version_7(self, ids: IdGenerator) -> None:
        made = ids.new()

        assert parse_user_id(made) == made
        assert made[14] == "7"
        assert made[19] in "89ab"

    def test_never_repeats_one_and_keeps_their_order(self, ids: IdGenerator) -> None:
        made = [ids.new() for _ in range(20_000)]

        assert made == sorted(set(made))
