"""The application of one worker among several."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hexkey.entrypoints.cli.garbage import spare_what_stays
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.logs import configure_logging
from hexkey.entrypoints.settings import load_settings

_FAILED = "lifespan.startup.failed"


def make_app() -> "WorkerApp":
    """Build the application in a fresh process, which has no logging yet."""
    settings = load_settings()
    configure_logging(settings)
    app = create_app(settings)
    spare_what_stays()
    return WorkerApp(app)


class WorkerApp:
    """The application; if it cannot start, the log has a sentence, and not pages of traceback.

    Without a database that is once a second for each worker.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let requests pass, and listen to how it starts."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        failures: list[Message] = []

        async def hold_failures(message: Message) -> None:
            if message["type"] == _FAILED:
                failures.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold_failures)
        except Exception as error:
            for failure in failures:
                await send({**failure, **_sentences_of(error)})
            raise


def _sentences_of(error: Exception) -> dict[str, str]:
    from hexkey.entrypoints.cli.refusals import refusal_of

    refusal = refusal_of(error)
    return {} if refusal is None else {"message": " ".join(refusal.sentences)}
