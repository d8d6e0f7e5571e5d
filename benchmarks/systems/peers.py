"""The floor and the two peers; their applications stand in `benchmarks/peers/`."""

import time

from benchmarks.bare_hash import hash_of
from benchmarks.client import Request
from benchmarks.environments import HERE, environment
from benchmarks.processes import plain_environment
from benchmarks.systems.system import PASSWORD, SECRET, System, hs256

TOKEN_SECONDS = 6 * 3600  # a whole run


class Peer(System):
    """An application in `peers/<folder>/app.py` under uvicorn, as fast as uvicorn goes."""

    folder: str
    sqlite_driver = "sqlite"
    postgres_driver = "postgresql"

    def command(self, port: int) -> list[str]:
        uvicorn = str(environment(self.folder) / "uvicorn")
        where = ["--app-dir", str(HERE / "peers" / self.folder)]
        quiet = ["--no-access-log", "--log-level", "warning"]
        return [uvicorn, "app:app", *where, "--host", "127.0.0.1", "--port", str(port), *quiet]

    def environment(self) -> dict[str, str]:
        url = self.database.url(sqlite=self.sqlite_driver, postgres=self.postgres_driver)
        return plain_environment(DATABASE_URL=url, SECRET_KEY=SECRET, PYTHONDONTWRITEBYTECODE="1")

    def ready(self) -> Request:
        return Request("GET", "/openapi.json")

    def prepare(self, *, users: int, tokens: int) -> None:
        with self.started():
            pass  # it makes its tables itself
        self.database.run(self.rows(users, hash_of(str(self.scheme), PASSWORD)))
        self.tokens = [hs256(self.claims(n)) for n in range(1, min(users, tokens) + 1)]

    def rows(self, users: int, password_hash: str) -> str:
        """The statement that inserts users 1 … `users`."""
        raise NotImplementedError

    def claims(self, number: int) -> dict[str, object]:
        """What a token of that user says."""
        return {"sub": self.subject(number), "exp": int(time.time()) + TOKEN_SECONDS}


class Floor(Peer):
    """An empty `async def` route; it has no users and asks no database."""

    name = folder = "floor"

    @property
    def label(self) -> str:
        return self.name

    def ready(self) -> Request:
        return Request("GET", self.me)

    def prepare(self, *, users: int, tokens: int) -> None:
        # The same header as everybody's, so that wrk and the parser work as hard.
        self.tokens = [hs256(self.claims(n)) for n in range(1, min(users, tokens) + 1)]

    def sign_in(self, number: int, password: str) -> Request:
        raise NotImplementedError

    def subject(self, number: int) -> str:
        return f"user{number}"


class Tutorial(Peer):
    """The application of the FastAPI tutorials."""

    name = folder = "tutorial"
    scheme = "bcrypt-12"
    postgres_driver = "postgresql+psycopg"

    def rows(self, users: int, password_hash: str) -> str:
        return (
            "INSERT INTO users (username, email, full_name, hashed_password, disabled) "
            "SELECT 'user' || i, 'user' || i || '@example.com', 'User ' || i, "
            f"'{password_hash}', false FROM {self.database.numbers(1, users)}"
        )

    def sign_in(self, number: int, password: str) -> Request:
        body = {"grant_type": "password", "username": f"user{number}", "password": password}
        return Request("POST", "/token", body=body, form=True)

    def subject(self, number: int) -> str:
        return f"user{number}"


class FastapiUsers(Peer):
    """fastapi-users with its bearer transport and JWT strategy."""

    name = "fastapi-users"
    folder = "fastapi_users"
    scheme = "argon2id-64-3-4"
    sqlite_driver = "sqlite+aiosqlite"
    postgres_driver = "postgresql+asyncpg"
    _ids = "00000000-0000-4000-8000-"

    def rows(self, users: int, password_hash: str) -> str:
        user_id = f"'{self._ids}' || {self.database.hex12('i')}"
        if self.database.kind == "postgres":
            user_id = f"CAST({user_id} AS uuid)"
        return (
            'INSERT INTO "user" (id, email, hashed_password, is_active, is_superuser, is_verified) '
            f"SELECT {user_id}, 'user' || i || '@example.com', '{password_hash}', "
            f"true, false, true FROM {self.database.numbers(1, users)}"
        )

    def claims(self, number: int) -> dict[str, object]:
        return {**super().claims(number), "aud": ["fastapi-users:auth"]}

    def sign_in(self, number: int, password: str) -> Request:
        body = {"username": f"user{number}@example.com", "password": password}
        return Request("POST", "/auth/jwt/login", body=body, form=True)

    def subject(self, number: int) -> str:
        return f"{self._ids}{number:012x}"
