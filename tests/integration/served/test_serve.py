"""`hexkey serve` as a process: how it starts, what it says, how it ends."""

import http.client
import json
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from tests.support.server import (
    DidNotStart,
    Server,
    environment,
    free_port,
    run_program,
    running_server,
)

CANARY = "c4n4ry-Zx81-secret-of-this-deployment"
PASSWORD = "a long walk in the rain"


def call(
    server: Server, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text) if text.startswith(b"{") else {}


def json_lines(log: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


class TestServe:
    def test_says_what_to_do_next_and_ends_with_0(self) -> None:
        with running_server() as server:
            assert call(server, "GET", "/readyz")[0] == 200

            status = server.stop()

            assert status == 0
            assert f"{server.url}/docs" in server.log
            assert f"curl {server.url}/users" in server.log
            assert "master.secret" in server.log
            secret = (server.folder / "data" / "master.secret").read_text().strip()
            assert secret not in server.log
            assert json_lines(server.log)  # and its log is JSON

    def test_ends_with_0_after_ctrl_c(self) -> None:
        with running_server() as server:
            server.process.send_signal(signal.SIGINT)

            assert server.process.wait(20) == 0

    def test_finishes_what_has_begun_before_it_ends(self) -> None:
        with running_server({"HEXKEY_BCRYPT_COST": "13"}) as server:
            answers: list[int] = []
            body = {"username": "ada", "password": PASSWORD}
            client = threading.Thread(
                target=lambda: answers.append(call(server, "POST", "/users", body)[0])
            )
            client.start()
            threading.Event().wait(0.2)  # hashing takes about half a second

            assert server.stop() == 0
            client.join()
            assert answers == [201]

    def test_with_workers_answers_from_each_and_ends_with_0(self) -> None:
        with running_server(arguments=["--workers", "2"]) as server:
            for _ in range(20):
                assert call(server, "GET", "/livez")[0] == 200

            assert server.stop() == 0
            events = [line["event"] for line in json_lines(server.log)]
            assert sum("Started server process" in str(event) for event in events) == 2

    def test_reloads_in_development(self) -> None:
        with running_server(arguments=["--reload"]) as server:
            assert call(server, "GET", "/livez")[0] == 200
            assert server.stop() == 0

    def test_refuses_a_port_that_is_taken_with_one_sentence(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])

            result = run_program("serve", "--port", port, folder=tmp_path)

        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert f"Port {port} of 127.0.0.1 is taken" in result.stderr
        assert "--port" in result.stderr
        assert not (tmp_path / "data").exists()  # nothing was made

    @pytest.mark.parametrize("arguments", [[], ["--workers", "2"]])
    def test_refuses_a_bad_configuration_without_a_traceback(
        self, tmp_path: Path, arguments: list[str]
    ) -> None:
        """CR-03: each problem is a line, and none shows a secret."""
        env = {
            "HEXKEY_ENVIRONMENT": "production",
            "HEXKEY_PUBLIC_URL": "http://auth.example.com",
            "HEXKEY_MASTER_SECRET": f"change-me-{CANARY}",
        }

        result = run_program("serve", *arguments, folder=tmp_path, env=env)

        assert result.returncode == 1
        assert "HEXKEY_PUBLIC_URL" in result.stderr
        assert "Traceback" not in result.stderr
        assert CANARY not in result.stdout + result.stderr

    def test_refuses_a_schema_that_was_not_migrated(self, empty_postgres_url: str) -> None:
        """And says what to run; after that it starts."""
        env = {"HEXKEY_DATABASE_URL": empty_postgres_url}
        with (
            pytest.raises(DidNotStart, match="run `hexkey migrate`") as refusal,
            running_server(env),
        ):
            pass
        assert "status 1" in str(refusal.value)
        assert "Traceback" not in str(refusal.value)

    def test_starts_on_postgresql_after_the_migration(
        self, empty_postgres_url: str, tmp_path: Path
    ) -> None:
        env = {"HEXKEY_DATABASE_URL": empty_postgres_url}
        assert run_program("migrate", folder=tmp_path, env=env).returncode == 0

        with running_server(env, folder=tmp_path) as server:
            assert call(server, "GET", "/readyz")[0] == 200

    def test_says_in_one_sentence_that_the_database_does_not_exist(
        self, postgres_server: str, tmp_path: Path
    ) -> None:
        url = f"{postgres_server.rpartition('/')[0]}/there_is_no_such_database"

        result = run_program("serve", folder=tmp_path, env={"HEXKEY_DATABASE_URL": url})

        assert result.returncode == 1
        assert result.stderr == (
            "hexkey: The database does not exist: create it, or correct HEXKEY_DATABASE_URL. "
            "(storage_unusable)\n"
        )

    def test_says_in_one_sentence_that_the_file_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "hexkey.db").write_text(CANARY * 100)

        result = run_program("serve", "--port", "0", folder=tmp_path)

        assert result.returncode == 1
        assert "(storage_unusable)" in result.stderr
        assert result.stderr.count("\n") == 1
        assert CANARY not in result.stderr

    def test_keeps_secrets_out_of_its_log(self) -> None:
        """LG-03, LG-04: at the level debug, over a day in the life of an account."""
        passwords = [f"{CANARY}-one", f"{CANARY}-two"]
        env = {
            "HEXKEY_LOG_LEVEL": "debug",
            "HEXKEY_ACCESS_LOG": "true",
            "HEXKEY_MASTER_SECRET": f"{CANARY}-master",
        }
        with running_server(env) as server:
            ada = {"username": "ada", "password": passwords[0]}
            assert call(server, "POST", "/users", ada)[0] == 201
            assert call(server, "POST", "/users", {**ada, "admin": CANARY})[0] == 422
            login = {"login": "ada", "password": passwords[0]}
            status, issued = call(server, "POST", "/sessions", login)
            assert status == 201
            token = str(issued["access_token"])
            bearer = f"Bearer {token}"
            change = {"current_password": passwords[0], "new_password": passwords[1]}
            call(server, "PUT", "/users/me/password", change, Authorization=bearer)
            call(server, "POST", "/sessions", {"login": CANARY, "password": CANARY})
            call(server, "GET", f"/users/me?token={CANARY}", Authorization=f"Bearer {CANARY}")
            call(
                server,
                "GET",
                "/users/me\u0085x".encode("latin-1").decode("latin-1").replace("\x85", "%0A%1B"),
            )
            server.stop()

            assert CANARY not in server.log
            assert token not in server.log
            assert all(line.isprintable() for line in server.log.split("\n"))
            assert len(json_lines(server.log)) > 8


class TestFirstStart:
    def test_of_many_instances_makes_one_signing_key(self, tmp_path: Path) -> None:
        """RA-07: also one master secret, and a schema; nobody fails."""
        program = running_program(tmp_path)
        instances = [program(free_port()) for _ in range(5)]
        try:
            keys = [wait_for_keys(port) for port, _ in instances]
        finally:
            for _, process in instances:
                process.terminate()
            statuses = [process.wait(30) for _, process in instances]

        assert statuses == [0] * len(instances), (tmp_path / "server.log").read_text()
        assert len({json.dumps(it) for it in keys}) == 1
        assert len(keys[0]) == 1
        listed = run_program("keys", "list", "--json", folder=tmp_path).stdout
        assert len(listed.splitlines()) == 1
        assert {it.name for it in (tmp_path / "data").iterdir()} <= {
            *("hexkey.db", "hexkey.db-wal", "hexkey.db-shm", "master.secret")
        }

    def test_closes_what_it_makes_to_others(self, tmp_path: Path) -> None:
        """CR-03, D13."""
        with running_server(folder=tmp_path) as server:
            body = {"username": "ada", "password": PASSWORD}
            assert call(server, "POST", "/users", body)[0] == 201

            assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
            for file in (tmp_path / "data").iterdir():
                assert file.stat().st_mode & 0o777 == 0o600, file


def running_program(folder: Path):  # type: ignore[no-untyped-def]  # two words are enough
    def start(port: int) -> tuple[int, "subprocess.Popen[bytes]"]:
        import sys

        script = "from hexkey.entrypoints.cli.main import main; main()"
        with (folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", script, "serve", "--port", str(port)],
                cwd=folder, env=environment(folder, {}), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return port, process

    return start


def wait_for_keys(port: int) -> list[object]:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/.well-known/jwks.json")
            keys: list[object] = json.loads(connection.getresponse().read())["keys"]
            connection.close()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return keys
    raise TimeoutError
