"""Clients with sessions, put into the database so that no password has to be hashed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.refresh_tokens import KeyedRefreshTokens
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.store import SqlStore
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.refresh_token import RefreshChain, Rotate, TooManyRefreshes
from hexkey.domain.sessions.session import Session
from tests.support.builders import a_session, a_user
from tests.support.faults_http import Lost, Refused, refresh
from tests.support.faults_ledger import Ledger

SECRET = "a master secret for fault tests, of many octets"
TOKENS = KeyedRefreshTokens(DerivedKeys(MasterSecret(SECRET.encode())))


def settings_for(url: str) -> dict[str, str]:
    """The environment of a server whose clients these are."""
    return {"HEXKEY_DATABASE_URL": url, "HEXKEY_MASTER_SECRET": SECRET}


@dataclass
class Client:
    """One that keeps its latest refresh token, and repeats when it hears nothing.

    Attributes:
        number: of the token it has; the server has acknowledged every one before it.
        in_doubt: whether the token was sent and no answer came.
    """

    session: SessionId
    number: int = 1
    in_doubt: bool = False
    access_tokens: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        return TOKENS.write(self.session, self.number)

    async def refresh(self, port: int, ledger: Ledger) -> int | None:
        """Refresh once; the status, or `None` if no answer came.

        Raises:
            Refused: if nobody listens.
        """
        try:
            answer = await refresh(port, self.token)
        except Refused:
            raise
        except Lost:
            self.in_doubt = True
            ledger.unanswered += 1
            return None
        if answer.status == 200:
            self._accept(answer.body, ledger)
        elif answer.status == 503:
            ledger.refused += 1
        elif answer.status == 500 and ledger.tolerates_500:
            self.in_doubt = True
            ledger.unanswered += 1
        elif answer.status != 429:
            ledger.broken.append(f"{self.session} at {self.number}: {answer.status} {answer.code}")
        return answer.status

    def _accept(self, body: dict[str, str], ledger: Ledger) -> None:
        session, number = TOKENS.read(body["refresh_token"])
        if (session, number) != (self.session, self.number + 1):
            ledger.broken.append(f"{self.session}: {self.number} was followed by {number}")
        self.number, self.in_doubt = number, False
        self.access_tokens.append(body["access_token"])
        ledger.acknowledged += 1


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    """The tests' own way into the database."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def signed_in(
    url: str, count: int, *, chain: RefreshChain | None = None, user: User | None = None
) -> list[Client]:
    """So many clients of one user, each with a session of its own that has just begun."""
    now = datetime.now(UTC).replace(microsecond=0)
    owner, chain = user or a_user(now=now), chain or RefreshChain()
    sessions = [a_session(user=owner, now=now, refresh=chain) for _ in range(count)]
    async with engine_of(url) as engine, SqlStore(engine).begin() as transaction:
        if user is None:
            await transaction.users.add(owner)
        for session in sessions:
            await transaction.sessions.add(session)
        await transaction.commit()
    return [Client(session.id, chain.live) for session in sessions]


async def stored(url: str, clients: list[Client]) -> list[Session]:
    """Their sessions, as the database has them."""
    async with engine_of(url) as engine, SqlStore(engine).begin() as transaction:
        found = [await transaction.sessions.find(client.session) for client in clients]
    return [session for session in found if session is not None]


async def verify(url: str, clients: list[Client], ledger: Ledger) -> None:
    """Compare what the database has with what was acknowledged; a spent token stays spent."""
    sessions = await stored(url, clients)
    assert len(sessions) == len(clients)
    for client, session in zip(clients, sessions, strict=True):
        possible = {client.number, client.number + 1} if client.in_doubt else {client.number}
        if session.ended_at is not None:
            ledger.broken.append(f"{client.session} was ended")
        if session.refresh.live < client.number:
            ledger.lost += client.number - session.refresh.live
        elif session.refresh.live not in possible:
            ledger.broken.append(f"{client.session} has a fork at {session.refresh.live}")
        if any(_rotates(session.refresh, number) for number in range(1, client.number)):
            ledger.broken.append(f"{client.session} would spend a token twice")


def _rotates(chain: RefreshChain, number: int) -> bool:
    try:
        return isinstance(chain.judge(number, now=datetime.now(UTC)), Rotate)
    except TooManyRefreshes:
        return True
