"""IN-18, P118: no input makes one of our own readers slow."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from hexkey.adapters.crypto.compact_jws import read_header
from hexkey.adapters.unicode.email_addresses import ValidatedAddresses
from hexkey.adapters.unicode.usernames import PrecisUsernames
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http.client_address import ClientAddress
from hexkey.entrypoints.http.gate import _host
from hexkey.entrypoints.http.strict_json import parse_json
from hexkey.entrypoints.http.strict_route import _parse_form

SIZE = 100_000
SEEDS = [
    *('"', "\\", '\\"', '"\\', "[", "]", "{", "[]", '{"a":', '"a",', "[1,", "1", "-", "1e", "\\u"),
    *("a", "@", ".", "a.", "a@", "@a.", ".a@", "%", "%41", "=", "&", "a=b&", ":", "::", "[:", " "),
    *("\t", ",", "1.", "1,", "/", "é", "\u0301", "\u200d", "ﬃ", "İ", "'", ";", "; charset=", "+"),
]
READERS: dict[str, Callable[[str], Any]] = {
    "JSON": lambda text: parse_json(text.encode()),
    "JSON string": lambda text: parse_json(b'{"a":"' + text.encode()),
    "form": lambda text: _parse_form(text.encode()),
    "host": lambda text: _host.__wrapped__(text.encode()),
    "forwarded": lambda text: ClientAddress(["127.0.0.1"])(
        {"client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", text.encode())]}
    ),
    "token": read_header,
    "address": ValidatedAddresses().parse,
    "user name": PrecisUsernames().parse,
    "full name": lambda text: Profile.parse(full_name=text, picture=None),
    "picture": lambda text: Profile.parse(full_name=None, picture=f"https://{text}"),
}


# A linear reader of ten times as much takes ten times as long; a quadratic one a hundred times.
# Judging by that ratio, and only where there is something to judge, holds on a slow machine too.
FAST_ENOUGH = 0.05
STEEP = 30


class TestReader:
    @pytest.mark.parametrize("read", READERS.values(), ids=READERS)
    def test_in_18_is_linear(self, read: Callable[[str], Any]) -> None:
        """IN-18, P118: 100 KB of whatever hurts take under 50 ms of this thread, or 30 tenths."""
        slow = {seed: spent for seed in SEEDS if (spent := seconds(read, seed)) > FAST_ENOUGH}

        steep = {
            seed: (spent, tenth)
            for seed, spent in slow.items()
            if spent > STEEP * (tenth := seconds(read, seed, size=SIZE // 10)) or spent > 1
        }
        assert steep == {}


def seconds(read: Callable[[str], Any], seed: str, size: int = SIZE) -> float:
    """The least of three: others use this machine as well."""
    text = (seed * size)[:size]
    return min(_once(read, text) for _ in range(3))


def _once(read: Callable[[str], Any], text: str) -> float:
    start = time.thread_time()
    with suppress(HexkeyError, ValueError):
        read(text)
    return time.thread_time() - start
