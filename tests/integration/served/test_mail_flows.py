"""The program itself, and a real SMTP server: mail is asked for, leaves, and what it says works."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.faults_http import Answer, ask, eventually
from tests.support.inbox import code_of, received, token_of
from tests.support.server import Server, environment, run_program, running_server
from tests.support.smtp import PostOffice, post_office

pytestmark = pytest.mark.anyio

ADA = "ada@example.com"
PASSWORD = "a long walk in the rain"
NEW_PASSWORD = "a short walk in the sun"
ACCOUNT = {"username": "ada", "email": ADA, "password": PASSWORD}


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as office:
        yield office


def mailing(office: PostOffice, **more: str) -> dict[str, str]:
    """Settings of a server whose mail goes to `office`, in clear."""
    settings = {f"HEXKEY_{name.upper()}": value for name, value in more.items()}
    return {"HEXKEY_SMTP_URL": f"smtp://127.0.0.1:{office.port}?tls=off", **settings}


@asynccontextmanager
async def serving(env: dict[str, str], folder: Path) -> AsyncIterator[Server]:
    """A server that is started and stopped while the post office goes on."""
    running = running_server(env, folder=folder)
    server = await asyncio.to_thread(running.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


@contextmanager
def working(env: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`hexkey worker`, in a process of its own."""
    program = "from hexkey.entrypoints.cli.main import main; main()"
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-c", program, "worker"],
            cwd=folder, env=environment(folder, env), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


async def run(*arguments: str, folder: Path, env: dict[str, str]) -> str:
    """What a command prints."""
    done = await asyncio.to_thread(run_program, *arguments, folder=folder, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def sign_in(server: Server, password: str) -> Answer:
    return await ask(server.port, "POST", "/sessions", {"login": ADA, "password": password})


class TestServer:
    async def test_begins_an_account_by_mail(self, office: PostOffice, tmp_path: Path) -> None:
        """EN-04, RC-02, RC-08: one process, nothing configured but the address of a mail server."""
        async with serving(mailing(office, registration="verified"), tmp_path) as server:
            port = server.port
            asked = await ask(port, "POST", "/users", ACCOUNT)
            assert asked.status == 202
            assert (await sign_in(server, PASSWORD)).status == 401
            mail = await received(office, ADA)
            assert f"{server.url}/account/verify-email?token=" in mail.text
            proof = {"token": token_of(mail)}
            path = "/email-verifications/confirm"
            assert (await ask(port, "POST", path, proof)).status == 204
            assert (await ask(port, "POST", path, proof)).code == "invalid_or_expired_token"
            token = (await sign_in(server, PASSWORD)).body["access_token"]
            me = (await ask(port, "GET", "/users/me", token=token)).body
            assert (me["email"], me["email_verified"]) == (ADA, True)

        assert server.process.returncode == 0

    async def test_resets_a_password_by_code(self, office: PostOffice, tmp_path: Path) -> None:
        """RC-06, RC-14: in the browser that asked, and every session ends."""
        env = mailing(office)
        async with serving(env, tmp_path) as server:
            words = ("users", "create", "--username", "ada", "--email", ADA)
            made = await asyncio.to_thread(
                run_program, *words, folder=tmp_path, env=env, stdin=PASSWORD
            )
            assert made.returncode == 0, made.stderr
            before = (await sign_in(server, PASSWORD)).body["access_token"]
            asked = await ask(server.port, "POST", "/password-resets", {"email": ADA})
            code = code_of(await received(office, ADA))
            reset = {"email": ADA, "code": code, "new_password": NEW_PASSWORD}
            path = "/password-resets/confirm"

            assert (await ask(server.port, "POST", path, reset)).status == 400
            assert code not in json.dumps(asked.body)
            reset["flow"] = asked.body["flow"]
            assert (await ask(server.port, "POST", path, reset)).status == 204

            assert (await ask(server.port, "GET", "/users/me", token=before)).status == 401
            assert (await sign_in(server, NEW_PASSWORD)).status == 201
            told = await received(office, ADA, number=2)
            assert "?token=" not in told.text

    async def test_cr_06_gives_mail_only_to_a_server_that_proves_its_name(
        self, tmp_path: Path
    ) -> None:
        """CR-06: from HEXKEY_SMTP_URL to the certificate; a self-signed one gets nothing."""
        ours, theirs = Authority(), Authority()
        (tmp_path / "ca.pem").write_text(ours.pem)
        accounts = {"hexkey": "s3cret/word"}
        tls = ours.serving(tmp_path, "localhost")
        false = theirs.serving(tmp_path, "localhost")
        async with post_office(tls=tls, accounts=accounts) as office:
            env = {
                "HEXKEY_SMTP_URL": f"smtp://hexkey:s3cret%2Fword@localhost:{office.port}",
                "HEXKEY_SMTP_CA_FILE": "ca.pem",
            }
            await run("users", "invite", ADA, folder=tmp_path, env=env)
            await run("worker", "--once", folder=tmp_path, env=env)
            [mail] = office.received
            assert mail.encrypted
            assert mail.signed_in
        async with post_office(tls=false, accounts=accounts) as office:
            env["HEXKEY_SMTP_URL"] = f"smtp://hexkey:s3cret%2Fword@localhost:{office.port}"
            await run("users", "invite", "bob@example.com", folder=tmp_path, env=env)
            await run("worker", "--once", folder=tmp_path, env=env)
            assert office.received == []
            assert office.sign_ins == 0
            listed = await run("outbox", "list", "--json", folder=tmp_path, env=env)
            assert "certificate" in json.loads(listed.splitlines()[0])["error"]
            assert "s3cret" not in listed


class TestWorker:
    async def test_sends_what_servers_leave_to_it_and_ends_well(
        self, office: PostOffice, tmp_path: Path
    ) -> None:
        env = mailing(office, worker="false")
        async with serving(env, tmp_path) as server:
            assert (await ask(server.port, "POST", "/users", ACCOUNT)).status == 201
            await asyncio.sleep(1.5)  # longer than a worker would wait before it looks again
            assert office.received == []
            assert "outbox: ok (oldest" in (await ask(server.port, "GET", "/readyz")).body

            with working(env, tmp_path) as worker:
                assert "verify-email" in (await received(office, ADA)).text
                worker.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(worker.wait, 20) == 0

            assert "outbox: ok\n" in (await ask(server.port, "GET", "/readyz")).body

    async def test_rc_15_carries_an_invitation_from_the_terminal_to_an_account(
        self, office: PostOffice, tmp_path: Path
    ) -> None:
        """RC-15: the roles are those of the command, and registration stays closed."""
        env = mailing(office, registration="invited")
        async with serving(env, tmp_path) as server:
            assert (await ask(server.port, "POST", "/users", ACCOUNT)).code == "registration_closed"
            await run("roles", "add", "editor", folder=tmp_path, env=env)
            await run("users", "invite", ADA, "--role", "editor", folder=tmp_path, env=env)
            token = token_of(await received(office, ADA))
            body = {"token": token, "username": "ada", "password": PASSWORD}

            begun = await ask(server.port, "POST", "/invitations/accept", body)

            assert (begun.status, begun.body["roles"]) == (201, ["editor"])
            again = await ask(server.port, "POST", "/invitations/accept", body)
            assert again.code == "invalid_or_expired_token"


class TestMailServerThatIsAway:
    async def test_rf_14_en_03_hinders_nobody_and_loses_no_mail(
        self, office: PostOffice, tmp_path: Path
    ) -> None:
        """RF-14, EN-03: requests are answered while a mail hangs; it arrives later, as itself."""
        office.will_say("RCPT", "451 come back later")
        env = mailing(office)
        async with serving(env, tmp_path) as server:
            assert (await ask(server.port, "POST", "/users", ACCOUNT)).status == 201
            messages: list[dict[str, object]] = []

            async def is_delayed() -> bool:
                listed = await run("outbox", "list", "--json", folder=tmp_path, env=env)
                messages[:] = map(json.loads, listed.splitlines())
                return messages[0]["attempts"] == 1

            await eventually(is_delayed, within=30)
            assert messages[0]["state"] == "queued"
            assert "451" in str(messages[0]["error"])

            office.hangs_in.add("DATA")
            await run("outbox", "retry", str(messages[0]["id"]), folder=tmp_path, env=env)
            async with asyncio.timeout(20):
                await office.reached.wait()
            for path in ("/password-resets", "/email-verifications"):
                nobody = {"email": "nobody@example.com"}
                assert (await ask(server.port, "POST", path, nobody)).status == 202
            assert (await sign_in(server, PASSWORD)).status == 201
            assert office.received == []  # so it was hanging all the time

            office.hangs_in.clear()
            office.patience.set()
            mail = await received(office, ADA)
            assert str(mail.message["Message-ID"]).startswith(f"<{messages[0]['id']}@")
