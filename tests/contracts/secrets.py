"""What every `SecretGenerator` promises."""

import base64
from abc import ABC, abstractmethod

from hexkey.application.ports.system import SecretGenerator


class SecretGeneratorContract(ABC):
    """Subclass as `TestXxx` and provide the `secrets` fixture."""

    @abstractmethod
    def secrets(self) -> SecretGenerator: ...

    def test_cr_01_makes_256_bits_each_time_anew(self, secrets: SecretGenerator) -> None:
        made = [secrets.secret() for _ in range(1000)]

        assert len(set(made)) == 1000
        assert all(len(base64.urlsafe_b64decode(secret + "=")) == 32 for secret in made)

    def test_needs_no_escaping_anywhere(self, secrets: SecretGenerator) -> None:
        assert secrets.secret().replace("-", "").replace("_", "").isalnum()
