"""`hexkey keys …`."""

import pytest

from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

SECRETS = ["kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5", "0therS3cret-pLr2_tYw8ZbN4mH6sGd1fJ"]


class TestKeysGenerate:
    def test_replaces_the_key_that_signs(self, hexkey: Program) -> None:
        (first,) = hexkey.json("keys", "generate")
        (second,) = hexkey.json("keys", "generate")

        assert set(first) == {"id", "algorithm", "state", "created_at"}
        assert (first["algorithm"], first["state"]) == ("ES256", "signing")
        assert hexkey.json("keys", "list") == [{**first, "state": "verifying"}, second]

    def test_makes_one_of_another_algorithm(self, hexkey: Program) -> None:
        (made,) = hexkey.json("keys", "generate", "--algorithm", "EdDSA")

        assert made["algorithm"] == "EdDSA"

    def test_makes_one_of_the_algorithm_that_is_set(self, hexkey: Program) -> None:
        (made,) = hexkey.json("keys", "generate", signing_algorithm="EdDSA")

        assert made["algorithm"] == "EdDSA"

    def test_refuses_an_algorithm_without_pairs(self, hexkey: Program) -> None:
        result = hexkey("keys", "generate", "--algorithm", "HS256")

        assert result.exit_code == 1
        assert "(no_key_to_make)" in result.stderr

    @pytest.mark.parametrize("name", ["none", "es256", "PS256"])
    def test_refuses_an_algorithm_it_does_not_know(self, hexkey: Program, name: str) -> None:
        assert hexkey("keys", "generate", "--algorithm", name).exit_code == 2

    def test_refuses_to_seal_with_another_secret_than_the_servers(self, hexkey: Program) -> None:
        hexkey.json("keys", "generate", master_secret=SECRETS[0])

        result = hexkey("keys", "generate", master_secret=SECRETS[1])

        assert result.exit_code == 1
        assert "(unusable_key)" in result.stderr
        assert not any(secret in result.output for secret in SECRETS)
        assert len(hexkey.json("keys", "list")) == 1


class TestKeysList:
    def test_shows_no_private_half(self, hexkey: Program) -> None:
        """JW-15."""
        hexkey("keys", "generate")

        result = hexkey("keys", "list")

        assert result.exit_code == 0
        assert "ES256" in result.stdout
        assert set(hexkey.json("keys", "list")[0]) == {"id", "algorithm", "state", "created_at"}
