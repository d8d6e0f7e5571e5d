"""PW-12: no secret is part of what a value, an error or a use case says of itself."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import hexkey.application
import hexkey.domain
from hexkey.adapters.crypto.derived_keys import MasterSecret
from hexkey.domain.accounts.password import Password, PasswordHash
from hexkey.domain.keys import SealedKey
from tests.support.builders import a_signing_key, a_user

_SECRET_TYPE = re.compile(r"\b(PasswordHash|SealedKey)\b")
_SECRET_NAMES = ("text", "secret", "password", "access_token", "token")


def dataclasses_of_the_core() -> Iterator[type]:
    for package in (hexkey.domain, hexkey.application):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            loaded = importlib.import_module(module.name)
            for value in vars(loaded).values():
                is_kind = isinstance(value, type) and dataclasses.is_dataclass(value)
                if is_kind and value.__module__ == module.name:
                    yield value


def carries_a_secret(field: "dataclasses.Field[object]") -> bool:
    kind = f"{field.type} {getattr(field.type, '__name__', '')}"
    named = field.type is str and field.name in _SECRET_NAMES
    return named or _SECRET_TYPE.search(kind) is not None


class TestRepr:
    @pytest.mark.parametrize(
        "kind", list(dataclasses_of_the_core()), ids=lambda kind: kind.__name__
    )
    def test_pw_12_hides_every_field_that_carries_a_secret(self, kind: type) -> None:
        shown = [
            field.name
            for field in dataclasses.fields(kind)
            if field.repr and carries_a_secret(field)
        ]

        assert shown == []

    @pytest.mark.parametrize(
        "value",
        [
            Password("canary-of-mine"),
            Password.typed("canary-of-mine"),
            a_user(password=PasswordHash("canary-of-mine")),
            dataclasses.replace(a_signing_key(), sealed_private_key=SealedKey(b"canary-of-mine")),
            MasterSecret(b"canary-of-mine, at full length 32"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_pw_12_shows_no_canary(self, value: object) -> None:
        assert "canary" not in f"{value!r} {value!s} {[value]} {ValueError(value)!r}"
