"""What every `Dice` promises."""

from abc import ABC, abstractmethod

from hexkey.application.ports.system import Dice


class DiceContract(ABC):
    """Subclass as `TestXxx` and provide the `dice` fixture."""

    @abstractmethod
    def dice(self) -> Dice: ...

    def test_falls_between_zero_and_one(self, dice: Dice) -> None:
        assert all(0 <= dice.throw() < 1 for _ in range(1000))
