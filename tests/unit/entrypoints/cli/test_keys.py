"""`hexkey keys …`."""

import pytest

from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

SECRETS = ["kX3vQ9-7pLr2_tYw8ZbN4mH6sGd1fJc5", "0therS3cret-pLr2_tYw8ZbN4mH6sGd1fJ"]


class TestKeysGenerate:
    def test_replaces_the_key_that_signs(self, hexkey: Program) -> None:
        (first,) = hexkey.json("keys", "generate")
        (second,) = hexkey.json("keys", "generate")

        listed = hexkey.json("keys", "list")

        assert set(first) == {"id", "algorithm", "state", "since", "created_at"}
        assert (first["algorithm"], first["state"]) == ("ES256", "signing")
        assert [key["id"] for key in listed] == [first["id"], second["id"]]
        assert [key["state"] for key in listed] == ["verifying", "signing"]

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


class TestKeysRotate:
    def test_announces_the_next_key_while_one_signs(self, hexkey: Program) -> None:
        """JW-16: verifiers hear of it before it signs."""
        hexkey.json("keys", "generate")

        (made,) = hexkey.json("keys", "rotate")

        assert made["state"] == "announced"
        assert [key["state"] for key in hexkey.json("keys", "list")] == ["signing", "announced"]

    def test_signs_at_once_if_it_must(self, hexkey: Program) -> None:
        hexkey.json("keys", "generate")

        (made,) = hexkey.json("keys", "rotate", "--now")

        assert made["state"] == "signing"


class TestKeysRetire:
    def test_ends_a_key_that_only_verifies(self, hexkey: Program) -> None:
        (old,) = hexkey.json("keys", "generate")
        hexkey.json("keys", "generate")

        (retired,) = hexkey.json("keys", "retire", old["id"])

        assert (retired["id"], retired["state"]) == (old["id"], "retired")

    def test_refuses_the_one_that_signs(self, hexkey: Program) -> None:
        (signing,) = hexkey.json("keys", "generate")

        assert hexkey("keys", "retire", signing["id"]).exit_code == 4

    def test_knows_no_other_key(self, hexkey: Program) -> None:
        assert hexkey("keys", "retire", "nobody").exit_code == 3

    @pytest.mark.parametrize("id", ["-x1", "-h-_", "--all", "-"])
    def test_takes_a_hyphen_for_the_beginning_of_an_id(self, hexkey: Program, id: str) -> None:
        """One id of 64 begins so."""
        assert hexkey("keys", "retire", id).exit_code == 3


class TestKeysList:
    def test_shows_no_private_half(self, hexkey: Program) -> None:
        """JW-15."""
        hexkey("keys", "generate")

        result = hexkey("keys", "list")

        assert result.exit_code == 0
        assert "ES256" in result.stdout
        assert set(hexkey.json("keys", "list")[0]) == {
            "id",
            "algorithm",
            "state",
            "since",
            "created_at",
        }
