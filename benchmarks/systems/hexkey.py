"""Hexkey itself, through its command and its HTTP API only."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.client import Answer, Request, ask_once
from benchmarks.databases import Database
from benchmarks.environments import HERE
from benchmarks.processes import CORES, Failed, finish, plain_environment
from benchmarks.systems.system import PASSWORD, SECRET, System

NO_HASH = "none"
IDS = "01900000-0000-7000-8000-"
SESSION_IDS = "01900000-0000-7000-9000-"
MESSAGE_IDS = "01900000-0000-7000-a000-"
TEMPLATE, SECOND_TEMPLATE, AGED_TEMPLATE = "template", "othertemplate", "agedtemplate"


class Hexkey(System):
    """`hexkey serve`, with one worker unless told otherwise.

    Args:
        scheme: `bcrypt_sha256-COST`, `argon2id-46-1-1` or `none`; what new hashes are made with,
            and what the seeded users' hashes are.

    Attributes:
        extra: further settings of what is started next.
        workers: how many processes it is started with.
    """

    def __init__(self, database: Database, scheme: str = "bcrypt_sha256-12") -> None:
        super().__init__(database)
        self.scheme: str = scheme
        self.settings: dict[str, str] = {}
        self.workers = 1

    @property
    def name(self) -> str:  # type: ignore[override]  # constant in the peers, here it says how
        return "hexkey" if self.scheme == "bcrypt_sha256-12" else f"hexkey {self.scheme}"

    def command(self, port: int) -> list[str]:
        several = ["--workers", str(self.workers)] if self.workers > 1 else []
        return [program(), "serve", "--host", "127.0.0.1", "--port", str(port), *several]

    def environment(self) -> dict[str, str]:
        names = {
            "HEXKEY_DATABASE_URL": self.database.url(),
            "HEXKEY_DATA_DIR": str(self.database.directory / "data"),
            "HEXKEY_MASTER_SECRET": SECRET,
            "HEXKEY_ACCESS_TOKEN_TTL": "3600",
            # One machine is all the people there are.
            "HEXKEY_THROTTLE_NETWORK_FAILURES": "100000",
            "HEXKEY_LIMIT_SIGN_IN": "0",
            "HEXKEY_LIMIT_REFRESH": "0",
            "HEXKEY_LIMIT_ANONYMOUS_WRITE": "0",
        }
        return plain_environment(**names, **self._hasher(), **self.settings)

    def _hasher(self) -> dict[str, str]:
        if self.scheme == NO_HASH:
            adapter = "benchmarks.no_hashing:no_hashing"
            return {"HEXKEY_PASSWORD_HASHER": adapter, "PYTHONPATH": str(HERE.parent)}
        family, _, cost = self.scheme.partition("-")
        if family == "argon2id":
            return {"HEXKEY_PASSWORD_HASHER": family}
        return {"HEXKEY_PASSWORD_HASHER": "bcrypt", "HEXKEY_BCRYPT_COST": cost}

    def ready(self) -> Request:
        return Request("GET", "/livez")

    def prepare(self, *, users: int, tokens: int) -> None:
        """Register one user over HTTP and repeat the row; get the tokens without hashing."""
        self._migrate()
        wanted, self.scheme = self.scheme, NO_HASH if tokens else self.scheme
        self._register(TEMPLATE)
        self.database.clone("users", _is(TEMPLATE), (1, users), self._named_after_i())
        if tokens:
            self.tokens = self._signed_in(users, tokens)
        if wanted != self.scheme:
            self.scheme = wanted
            self._register(SECOND_TEMPLATE)
            self._give_hash_of(SECOND_TEMPLATE, "1 = 1")

    def age(self, scheme: str, *, users: int) -> None:
        """Let users 1 … `users` have hashes of another scheme than the configured one."""
        configured, self.scheme = self.scheme, scheme
        self._register(AGED_TEMPLATE)
        self.scheme = configured
        self._give_hash_of(AGED_TEMPLATE, f"id <= '{self.subject(users)}' AND id LIKE '{IDS}%'")

    def _give_hash_of(self, template: str, where: str) -> None:
        """Let the users `where` have the password columns of `template`."""
        columns = [c for c in self.database.columns("users") if c.startswith("password")]
        source = f"FROM users AS template WHERE {_is(template)}"
        copies = ", ".join(f'"{c}" = (SELECT template."{c}" {source})' for c in columns)
        self.database.run(f"UPDATE users SET {copies} WHERE {where}")

    def give_everybody_a_session(self, users: int) -> None:
        """Repeat one session row for each user, as a service has them that people use."""
        changes = {
            "id": f"'{SESSION_IDS}' || {self.database.hex12('i')}",
            "user_id": f"'{IDS}' || {self.database.hex12('i')}",
        }
        first = "template.id = (SELECT min(id) FROM sessions)"
        self.database.clone("sessions", first, (1, users), changes)

    def give_everybody_an_address(self) -> None:
        """Let user `n` have the verified address `user<n>@example.com`."""
        address = "username_key || '@example.com'"
        self.database.run(
            f"UPDATE users SET email_value = {address}, email_key = {address}, "
            f"email_verified = (1 = 1) WHERE id LIKE '{IDS}%'"
        )

    def queue_mail(self, kind: str, many: int) -> None:
        """Queue `many` mails of that kind, each to another user, as if they were due now."""
        self.settings["HEXKEY_WORKER"] = "false"
        self.database.run("DELETE FROM outbox; DELETE FROM one_time_tokens")
        with self.started(CORES) as server:
            address = {"email": "user1@example.com"}
            answer = ask_once(server.port, Request("POST", "/password-resets", body=address))
        _expect(answer, 202)
        self.database.run("UPDATE outbox SET id = 'template'")
        about = f"'{IDS}' || {self.database.hex12('i')}" if kind != "password_reset" else "NULL"
        changes = {
            "id": f"'{MESSAGE_IDS}' || {self.database.hex12('i')}",
            "kind": f"'{kind}'",
            "recipient": "'user' || i || '@example.com'",
            "recipient_key": "'user' || i || '@example.com'",
            "user_id": about,
        }
        self.database.clone("outbox", "template.id = 'template'", (1, many), changes)
        self.database.run("DELETE FROM outbox WHERE id = 'template'")

    def sign_in(self, number: int, password: str) -> Request:
        return Request("POST", "/sessions", body={"login": f"user{number}", "password": password})

    def subject(self, number: int) -> str:
        return f"{IDS}{number:012x}"

    def _migrate(self) -> None:
        finish([program(), "migrate"], seconds=60, env=self.environment(),
               cwd=self.database.directory)  # fmt: skip

    def _register(self, name: str) -> None:
        with self.started(CORES) as server:
            body = {"username": name, "password": PASSWORD}
            answer = ask_once(server.port, Request("POST", "/users", body=body))
        _expect(answer, 201)

    def _signed_in(self, users: int, tokens: int) -> list[str]:
        step = max(1, users // tokens)  # spread over the whole table
        chosen = range(1, users + 1, step)[:tokens]
        with self.started(CORES) as server, ThreadPoolExecutor(4) as pool:
            requests = (self.sign_in(n, PASSWORD) for n in chosen)
            found = list(pool.map(lambda r: ask_once(server.port, r), requests))
        return [str(_expect(answer, 201).json()["access_token"]) for answer in found]

    def _named_after_i(self) -> dict[str, str]:
        name = "'user' || i"
        return {
            "id": f"'{IDS}' || {self.database.hex12('i')}",
            "username_value": name,
            "username_key": name,
            "username_skeleton": name,
        }


def program() -> str:
    program = Path(sys.executable).with_name("hexkey")
    if not program.exists():
        raise Failed("the program hexkey is not installed beside this Python; run `make env`")
    return str(program)


def _is(username: str) -> str:
    return f"template.username_key = '{username}'"


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Failed(f"hexkey answered {answer.status}: {answer.body[:300]!r}")
    return answer
