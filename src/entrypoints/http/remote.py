"""Who is calling, when Hexkey runs somewhere else."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, NoReturn

from fastapi import Request

from hexkey.application.cancelling import ended
from hexkey.application.ports.issuer import IssuerUnreachable
from hexkey.entrypoints.http.authorization import credential_of
from hexkey.entrypoints.http.caller import Caller
from hexkey.entrypoints.http.refusals import NotAuthenticated
from hexkey.entrypoints.remote_client import RemoteClient

AGAIN = (0.2, 1.0, 2.0, 5.0)  # seconds between attempts; the last one for all further ones
REST = 0.05  # seconds between two questions, however quickly they are answered
NO_ROOM_REST = 1.0  # when too many wait at Hexkey already, and we are told at once: nothing new
LETTING_GO = timedelta(seconds=1)  # more than giving up an answer takes

_log = logging.getLogger("hexkey.remote")


class RemoteHexkey:
    """Keeps keys and revocations up to date in the background, and resolves tokens by them."""

    def __init__(self, client: RemoteClient) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._tasks: tuple[asyncio.Task[NoReturn], ...] = ()
        self._said_stale = False

    async def resolve(self, request: Request) -> Caller:
        """Who makes `request`.

        Raises:
            NotAuthenticated: if no bearer token came.
            InvalidToken: if a bad one came.
            TemporarilyUnavailable: if that cannot be told now.
        """
        scheme, token = credential_of(request)
        if scheme != "bearer":
            raise NotAuthenticated
        await self.start()
        claims = await self._client.believe(token=token)
        return Caller(
            id=claims.subject,
            session=claims.session,
            scopes=claims.scopes,
            roles=frozenset(claims.roles),
            proved_at=claims.authenticated_at,
        )

    async def start(self) -> None:
        """Ask for keys and revocations, and go on doing so; a second call does nothing.

        The lifespan calls it, and the first request where none is run. It returns also when
        Hexkey is not there yet: requests are answered 503 until it is.
        """
        if self._tasks:
            return
        async with self._lock:
            if not self._tasks:
                with suppress(IssuerUnreachable):
                    await self._client.fetch_keys()
                    await self._client.hear()
                self._tasks = (
                    asyncio.create_task(self._persist("keys", self._keep_keys)),
                    asyncio.create_task(self._persist("revocations", self._hear)),
                )

    async def stop(self) -> None:
        """Ask no more, and let go of connections."""
        tasks, self._tasks = self._tasks, ()
        await ended(tasks, again=LETTING_GO)
        await self._client.issuer.close()

    @asynccontextmanager
    async def lifespan(self, _: Any) -> AsyncIterator[None]:
        """Run for as long as the application does; once."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def _keep_keys(self) -> None:
        await asyncio.sleep(max(REST, self._client.fetch_keys.due_in))
        if self._client.fetch_keys.due_in <= 0:  # else somebody met an unknown key meanwhile
            await self._client.fetch_keys()

    async def _hear(self) -> None:
        asked = self._client.clock.monotonic()
        try:
            news = await self._client.hear()
        except IssuerUnreachable:
            if self._client.hear.is_stale and not self._said_stale:
                self._said_stale = True
                _log.warning("no revocations heard for too long: %s", self._consequence)
            raise
        self._said_stale = False
        await asyncio.sleep(rest_after(self._client.clock.monotonic() - asked, news=news))

    @property
    def _consequence(self) -> str:
        strict = self._client.hear.policy.strict
        return "everybody is refused" if strict else "tokens are believed until they expire"

    async def _persist(self, what: str, once: Callable[[], Awaitable[None]]) -> NoReturn:
        failures = 0
        while True:
            try:
                await once()
            except IssuerUnreachable as error:
                _note(what, failures, str(error))
                failures += 1
            except Exception:  # noqa: BLE001  # nobody else would begin anew
                _log.exception("%s of Hexkey: a defect", what)
                failures += 1
            else:
                if failures:
                    _log.info("%s of Hexkey are up to date again", what)
                failures = 0
            if failures:
                await asyncio.sleep(AGAIN[min(failures, len(AGAIN)) - 1])


def rest_after(seconds: float, *, news: bool) -> float:
    """How long to rest after a question that took so long: who may not wait must not hurry."""
    return REST if news or seconds >= NO_ROOM_REST / 2 else NO_ROOM_REST


def _note(what: str, failures: int, reason: str) -> None:
    if failures == 0:
        _log.warning("%s of Hexkey cannot be had: %s; the last ones stay", what, reason)
    else:
        _log.debug("%s of Hexkey cannot be had: %s", what, reason)
