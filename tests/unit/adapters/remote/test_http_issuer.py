"""What comes from an issuer over HTTP, honest or not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hexkey.adapters.remote.http_issuer import MAX_KEYS_OCTETS, MAX_LIST_OCTETS, HttpIssuer
from hexkey.application.ports.issuer import IssuerUnreachable
from tests.contracts.issuer import NOT_AT_ALL, IssuerContract
from tests.support.answers import Answers, answering, http
from tests.support.server import free_port

pytestmark = pytest.mark.anyio

KEYS, LIST = "/.well-known/jwks.json", "/.well-known/revocations"
TAG = '"abc"'


@pytest.fixture
async def answers() -> AsyncIterator[Answers]:
    async with answering() as it:
        it.said[KEYS] = http('{"keys": []}', Cache_Control="public, max-age=120")
        it.said[LIST] = http("a.b.c", ETag=TAG)
        it.unless[TAG] = http(status="304 Not Modified", ETag=TAG)
        yield it


@pytest.fixture
async def issuer(answers: Answers) -> AsyncIterator[HttpIssuer]:
    it = HttpIssuer(answers.address, patience=timedelta(seconds=2))
    yield it
    await it.close()


class TestHttpIssuer(IssuerContract):
    @pytest.fixture
    async def issuer(self, issuer: HttpIssuer) -> HttpIssuer:
        return issuer

    @pytest.fixture
    async def silent(self) -> AsyncIterator[HttpIssuer]:
        it = HttpIssuer(f"http://127.0.0.1:{free_port()}")
        yield it
        await it.close()

    async def test_asks_by_the_tag_and_for_as_long_as_told(
        self, issuer: HttpIssuer, answers: Answers
    ) -> None:
        assert await issuer.revocations(known=TAG, wait=timedelta(seconds=1)) is None
        assert f"If-None-Match: {TAG}" in answers.asked[-1]
        assert f"{LIST}?wait=1 " in answers.asked[-1]

    async def test_reads_how_long_keys_need_not_be_asked_for(
        self, issuer: HttpIssuer, answers: Answers
    ) -> None:
        assert (await issuer.keys()).max_age == timedelta(minutes=2)

        answers.said[KEYS] = http("{}", Cache_Control="public")
        assert (await issuer.keys()).max_age is None

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            *(("Max-Age=5", 5), ('max-age="5"', 5), ("public,max-age=5", 5), ("max-age=-5", None)),
            *(("x-max-age=7, max-age=5", 5), (f"max-age={'9' * 10}", None), ("max-age=5x", None)),
        ],
    )
    async def test_takes_nothing_else_for_an_age(
        self, issuer: HttpIssuer, answers: Answers, said: str, seconds: int | None
    ) -> None:
        answers.said[KEYS] = http("{}", Cache_Control=said)

        expected = None if seconds is None else timedelta(seconds=seconds)
        assert (await issuer.keys()).max_age == expected

    async def test_reads_as_much_as_there_may_be(
        self, issuer: HttpIssuer, answers: Answers
    ) -> None:
        answers.said[KEYS] = http(b"x" * MAX_KEYS_OCTETS)
        answers.said[LIST] = http(b"x" * MAX_LIST_OCTETS)

        assert len((await issuer.keys()).text) == MAX_KEYS_OCTETS
        published = await issuer.revocations(known=None, wait=NOT_AT_ALL)
        assert published is not None
        assert len(published.text) == MAX_LIST_OCTETS

    async def test_is_as_patient_as_it_was_asked_to_wait(self, answers: Answers) -> None:
        """A long poll takes longer than any other answer may."""
        issuer = HttpIssuer(answers.address, patience=NOT_AT_ALL)

        assert await issuer.revocations(known=None, wait=timedelta(seconds=25)) is not None
        await issuer.close()


class TestHostileAnswer:
    async def test_that_is_huge_is_not_read(self, issuer: HttpIssuer, answers: Answers) -> None:
        answers.said[KEYS] = http(b"x" * (MAX_KEYS_OCTETS + 1))
        answers.said[LIST] = http(b"x" * (MAX_LIST_OCTETS + 1))

        with pytest.raises(IssuerUnreachable, match="longer"):
            await issuer.keys()
        with pytest.raises(IssuerUnreachable, match="longer"):
            await issuer.revocations(known=None, wait=NOT_AT_ALL)

    async def test_that_never_ends_is_given_up(self, answers: Answers) -> None:
        answers.said[KEYS], answers.hang = http(b"{", length=100), True
        impatient = HttpIssuer(answers.address, patience=timedelta(milliseconds=100))

        async with asyncio.timeout(10):
            with pytest.raises(IssuerUnreachable, match="no answer"):
                await impatient.keys()
        await impatient.close()

    async def test_that_trickles_is_given_up(self, answers: Answers) -> None:
        """Each byte comes in time; the whole never does."""
        answers.said[KEYS], answers.drip = http(b"{", length=MAX_KEYS_OCTETS), b" "
        impatient = HttpIssuer(answers.address, patience=timedelta(milliseconds=200))

        async with asyncio.timeout(10):
            with pytest.raises(IssuerUnreachable, match="no answer"):
                await impatient.keys()
        await impatient.close()
        async with asyncio.timeout(10):
            await answers.left.wait()

    async def test_that_leads_elsewhere_is_not_followed(
        self, issuer: HttpIssuer, answers: Answers
    ) -> None:
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            answers.said[KEYS] = http(status=status, Location=f"{answers.address}/elsewhere")
            with pytest.raises(IssuerUnreachable, match=status[:3]):
                await issuer.keys()

        assert not [it for it in answers.asked if "elsewhere" in it]

    async def test_that_is_compressed_is_not_unpacked(
        self, issuer: HttpIssuer, answers: Answers
    ) -> None:
        answers.said[KEYS] = http(b"bomb", Content_Encoding="gzip")

        with pytest.raises(IssuerUnreachable, match="compressed"):
            await issuer.keys()
        assert "Accept-Encoding: identity" in answers.asked[0]

    @pytest.mark.parametrize(
        "answer",
        [
            *(http(status="500 Oh"), http(status="404 No"), http(status="304 Not Modified")),
            *(http(b"\xff"), http(b"{}", length=9), b"junk\r\n\r\n", b""),
        ],
    )
    async def test_that_is_none_is_no_answer(
        self, issuer: HttpIssuer, answers: Answers, answer: bytes
    ) -> None:
        answers.said = {"/": answer}

        with pytest.raises(IssuerUnreachable):
            await issuer.keys()
        with pytest.raises(IssuerUnreachable):
            await issuer.revocations(known=None, wait=NOT_AT_ALL)
