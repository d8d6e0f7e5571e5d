"""What `ApiKeySecrets` and `SetupTokens` promise."""

import re
from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.access import SetupTokens
from hexkey.application.ports.api_keys import ApiKeySecrets
from hexkey.domain.sessions.api_key import KeyKind

PREFIX = {KeyKind.PERSONAL: "hxk_pat_", KeyKind.SERVICE: "hxk_key_"}


def damaged(secret: str) -> list[str]:
    """What a slip of the hand, or somebody who guesses, makes of `secret`."""
    last = "A" if secret[-1] != "A" else "B"
    return [
        "",
        secret[:-1],
        secret + "A",
        secret[:-1] + last,
        secret[:10] + ("A" if secret[10] != "A" else "B") + secret[11:],
        secret.upper(),
        secret.replace("hxk_", "hxk-", 1),
        f" {secret}",
        secret.rsplit("_", maxsplit=1)[-1],
        "hxk_pat_" + "é" * 48,
        "\ud800",
    ]


class ApiKeySecretsContract(ABC):
    """Subclass as `TestXxxApiKeySecrets` and provide the fixture `secrets`."""

    @abstractmethod
    def secrets(self) -> ApiKeySecrets: ...

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_makes_keys_that_scanners_find(
        self, secrets: ApiKeySecrets, kind: KeyKind
    ) -> None:
        """TK-10: prefix, 256 bits, checksum."""
        made = {secrets.make(kind) for _ in range(50)}

        assert len(made) == 50
        assert all(re.fullmatch(PREFIX[kind] + r"[A-Za-z0-9_-]{48}", it) for it in made)

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_knows_them_by_a_digest(self, secrets: ApiKeySecrets, kind: KeyKind) -> None:
        """TK-10: what is stored is no key."""
        key, other = secrets.make(kind), secrets.make(kind)
        digest = secrets.digest(key)

        assert digest is not None
        assert re.fullmatch(r"[0-9a-f]{64}", digest)
        assert digest == secrets.digest(key)
        assert digest != secrets.digest(other)
        assert key not in digest

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_sees_what_is_no_key(self, secrets: ApiKeySecrets, kind: KeyKind) -> None:
        """TK-10: without a look at any store."""
        for text in damaged(secrets.make(kind)):
            assert secrets.digest(text) is None, text


class SetupTokensContract(ABC):
    """Subclass as `TestXxxSetupTokens` and provide the fixture `tokens`."""

    @abstractmethod
    def tokens(self) -> SetupTokens: ...

    def test_rc_16_is_one_secret(self, tokens: SetupTokens) -> None:
        """RC-16."""
        token = tokens.token()

        assert re.fullmatch(r"hxk_su_[A-Za-z0-9_-]{48}", token)
        assert token == tokens.token()
        assert tokens.is_token(token)

    def test_rc_16_is_nothing_else(self, tokens: SetupTokens) -> None:
        """RC-16."""
        for text in damaged(tokens.token()):
            assert not tokens.is_token(text), text
