"""PW-08: five digits leave the house, and an outage is told from an answer."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hexkey.adapters.breaches.range_api import MAX_ANSWER_OCTETS, PATIENCE, BreachRanges
from hexkey.adapters.breaches.several import SeveralBreaches
from hexkey.application.ports.passwords import BreachesUnanswered
from hexkey.domain.accounts.password import Password
from tests.contracts.breached_passwords import KNOWN, BreachedPasswordsContract
from tests.support.certificates import Authority
from tests.support.range_server import PADDING, RangeServer, ok, range_server, sha1

pytestmark = pytest.mark.anyio

DIGITS = sha1(KNOWN)


@pytest.fixture
async def ranges() -> AsyncIterator[RangeServer]:
    async with range_server({KNOWN: 3_000_000}) as server:
        yield server


@pytest.fixture
def api(ranges: RangeServer) -> BreachRanges:
    return BreachRanges(ranges.url, patience=timedelta(seconds=0.3))


class TestBreachRanges(BreachedPasswordsContract):
    @pytest.fixture
    def breached(self, ranges: RangeServer) -> BreachRanges:
        return BreachRanges(ranges.url)

    async def test_pw_08_tells_five_digits_and_nothing_else(
        self, breached: BreachRanges, ranges: RangeServer
    ) -> None:
        await breached.contains(Password(KNOWN))

        [asked] = ranges.asked
        assert asked.split(b"\r\n") == [
            b"GET /range/%s HTTP/1.1" % DIGITS[:5].encode(),
            b"host: 127.0.0.1:%d" % ranges.port,
            b"user-agent: hexkey",
            b"add-padding: true",
            b"accept-encoding: identity",
            b"connection: close",
            b"",
            b"",
        ]

    async def test_pw_08_takes_padding_for_what_it_is(
        self, breached: BreachRanges, ranges: RangeServer
    ) -> None:
        ranges.answer = ok(PADDING + f"{DIGITS[5:]}:0\r\n".encode())

        assert not await breached.contains(Password(KNOWN))

    async def test_pw_08_reads_an_answer_in_chunks(
        self, breached: BreachRanges, ranges: RangeServer
    ) -> None:
        line = f"{DIGITS[5:].lower()}:2\r\n".encode()
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        ranges.answer = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(line), line)

        assert await breached.contains(Password(KNOWN))

    @pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b" \r\n\r\n"])
    async def test_pw_08_reads_an_answer_without_a_length(
        self, breached: BreachRanges, ranges: RangeServer, end: bytes
    ) -> None:
        line = f"{DIGITS[5:]}:2".encode()
        ranges.answer = b"HTTP/1.1 200 OK\r\n\r\n" + PADDING + line + end

        assert await breached.contains(Password(KNOWN))


LISTED = f"{DIGITS[5:]}:9\r\n".encode()
BROKEN = {
    "silence": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "an error": b"HTTP/1.1 500 Oh\r\nContent-Length: 43\r\n\r\n" + LISTED,
    "too many": b"HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
    "half an answer": ok(LISTED)[:-10],
    "an empty answer": ok(b""),
    "blank lines": ok(b"\r\n \r\n"),
    "a page": ok(b"<!doctype html>\n<title>Sign in to the wireless network</title>\n"),
    "a page after the list": ok(LISTED + b"<p>Slow down!</p>"),
    "a list with a blank line in it": ok(LISTED + b"\r\n" + LISTED),
    "JSON": ok(b'{"known": false}'),
    "whole digests": ok(f"{DIGITS}:9\r\n".encode()),
    "no counts": ok(f"{DIGITS[5:]}\r\n".encode()),
    "a count that is none": ok(f"{DIGITS[5:]}:-1\r\n".encode()),
    "an answer without a length, cut": b"HTTP/1.1 200 OK\r\n\r\n" + PADDING[:-30],
    "no end": b"HTTP/1.1 200 OK\r\n\r\n" + b"0" * (MAX_ANSWER_OCTETS + 1),
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"0" * 200_000,
}


class TestCollectorThatFails:
    @pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
    async def test_pw_08_is_logged_and_taken_for_no_answer(
        self,
        api: BreachRanges,
        ranges: RangeServer,
        answer: bytes,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        ranges.answer = answer

        with caplog.at_level(logging.INFO), pytest.raises(BreachesUnanswered) as raised:
            await api.contains(Password(KNOWN))

        assert raised.value.__cause__ is None
        [record] = caplog.records
        assert (record.name, record.levelname) == ("hexkey.passwords", "WARNING")
        assert KNOWN not in record.getMessage()
        assert DIGITS[:5] not in record.getMessage().upper()

    async def test_pw_08_is_waited_for_as_long_as_it_says_and_no_longer(
        self, ranges: RangeServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """PW-08: also if every octet comes in time."""
        ranges.drip, begun = 0.05, time.monotonic()

        with pytest.raises(BreachesUnanswered):
            await BreachRanges(ranges.url, patience=timedelta(seconds=0.3)).contains(
                Password(KNOWN)
            )
        assert time.monotonic() - begun < PATIENCE.total_seconds()
        assert len(caplog.records) == 1

    async def test_pw_08_may_not_be_there_at_all(self, caplog: pytest.LogCaptureFixture) -> None:
        with pytest.raises(BreachesUnanswered):
            await BreachRanges("http://127.0.0.1:1/range").contains(Password(KNOWN))
        assert len(caplog.records) == 1

    def test_pw_08_has_two_seconds(self) -> None:
        assert timedelta(seconds=2) == PATIENCE


class TestEncryption:
    async def test_cr_06_is_with_whom_the_certificate_names(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """CR-06, PW-08: nobody in between learns the digits, or answers."""
        ours, theirs = Authority(), Authority()
        for signs, name, believed in (
            (ours, "127.0.0.1", True),
            (theirs, "127.0.0.1", False),
            (ours, "elsewhere.example", False),
        ):
            async with range_server({KNOWN: 1}, tls=signs.serving(tmp_path, name)) as server:
                api = BreachRanges(server.url, trust=ours.trusting())

                assert await answered(api) is believed
                assert len(server.asked) == int(believed)
                await asyncio.sleep(0)


async def answered(api: BreachRanges) -> bool:
    """Whether it knew, and told."""
    try:
        return await api.contains(Password(KNOWN))
    except BreachesUnanswered:
        return False


class TestSeveral(BreachedPasswordsContract):
    @pytest.fixture
    def breached(self, ranges: RangeServer) -> SeveralBreaches:
        return SeveralBreaches(SeveralBreaches(), BreachRanges(ranges.url))

    async def test_asks_no_further_than_the_first_that_knows(self, ranges: RangeServer) -> None:
        near = SeveralBreaches(BreachRanges(ranges.url))

        assert await SeveralBreaches(near, BreachRanges("http://127.0.0.1:1")).contains(
            Password(KNOWN)
        )

    @pytest.mark.parametrize("order", [1, -1])
    async def test_pw_08_know_what_one_of_them_does_while_another_is_away(
        self, ranges: RangeServer, order: int
    ) -> None:
        """PW-08: the filter on the disk counts whether the API answers or not."""
        both = [BreachRanges("http://127.0.0.1:1"), BreachRanges(ranges.url)][::order]

        assert await SeveralBreaches(*both).contains(Password(KNOWN))
        with pytest.raises(BreachesUnanswered):
            await SeveralBreaches(*both).contains(Password("kept to myself all along"))

    async def test_of_none_knows_nothing(self) -> None:
        assert not await SeveralBreaches().contains(Password(KNOWN))
