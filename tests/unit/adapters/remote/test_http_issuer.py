"""What comes from an issuer over HTTP, honest or not."""

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

        with pytest.raises(IssuerUnreachable, match="no answer"):
            await impatient.keys()
        await impatient.close()

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
