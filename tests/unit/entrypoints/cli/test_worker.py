"""What a worker says when it cannot start, and that it says the same as ever when it can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from hexkey.application.ports.storage import StorageUnusable
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.entrypoints.cli.worker import WorkerApp

pytestmark = pytest.mark.anyio


def application(failure: Exception | None = None) -> WorkerApp:
    """One that fails so when it starts, or none at all and greets."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if failure is not None:
            raise failure
        yield

    def greet(_: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    return WorkerApp(Starlette(lifespan=lifespan, routes=[Route("/", greet)]))


async def told(failure: Exception) -> list[Message]:
    """What it says to a server that wants to start it."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        said.append(message)

    with pytest.raises(type(failure)):
        await application(failure)({"type": "lifespan", "state": {}}, receive, send)
    return said


class TestAWorkerThatCannotStart:
    @pytest.mark.parametrize(
        ("failure", "sentence"),
        [
            (TemporarilyUnavailable(), "The database cannot be reached, or is busy"),
            (StorageUnusable("The file is full."), "The file is full."),
        ],
    )
    async def test_rf_13_says_why_in_a_sentence(self, failure: Exception, sentence: str) -> None:
        """RF-13: it is begun again every second, and each time it would be pages."""
        [message] = await told(failure)

        assert message["type"] == "lifespan.startup.failed"
        assert message["message"].startswith(sentence)
        assert "\n" not in message["message"]

    async def test_shows_where_a_defect_is(self) -> None:
        [message] = await told(ZeroDivisionError("a defect"))

        assert message["message"].startswith("Traceback")
        assert "ZeroDivisionError: a defect" in message["message"]


class TestAWorkerThatStarts:
    def test_answers_and_ends(self) -> None:
        with TestClient(application()) as client:
            assert client.get("/").text == "hello"
