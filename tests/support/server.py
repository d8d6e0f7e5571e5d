"""A real server: the program `hexkey serve` in a process of its own.

```python
with running_server({"HEXKEY_HTTP_BASIC": "true"}) as server:
    httpx2.get(f"{server.url}/livez")
```
"""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 20
_LOOK_AGAIN_SECONDS = 0.02
_LAST_WORDS = 6_000  # characters of the log that a failing test shows
_PROGRAM = ("-c", "from hexkey.entrypoints.cli.main import main; main()")


class DidNotStart(Exception):
    """The server ended, or said nothing for a minute; the message is its log."""


@dataclass
class Server:
    """A Hexkey that answers on `url`.

    Attributes:
        folder: its working directory; `HEXKEY_DATA_DIR` is `data` in it unless told otherwise.
    """

    url: str
    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        """Everything it has written so far, on either stream."""
        return (self.folder / "server.log").read_text(errors="replace")

    def stop(self) -> int:
        """Ask it to end as a supervisor does, by SIGTERM; returns its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_server(
    env: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    arguments: Sequence[str] = (),
    port: int | None = None,
) -> Iterator[Server]:
    """A server that answers when the block begins, and is gone when it ends.

    Args:
        env: settings; those of the caller's own environment are not seen, bcrypt's cost is 10, and
            the public URL is the server's unless given.
        folder: where it runs and keeps its data; the same again to restart with the same data.
            Without it a temporary one.
        arguments: further ones of `hexkey serve`, such as `--workers 2`.

    Raises:
        DidNotStart: with the log.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="hexkey-") as temporary:
            with running_server(env, folder=Path(temporary), arguments=arguments, port=port) as it:
                yield it
            return
    server = _started(folder, env or {}, arguments, port or free_port())
    try:
        _await_answer(server)
        with _telling_what_it_said(server):
            yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@contextmanager
def _telling_what_it_said(server: Server) -> Iterator[None]:
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"What the server said last:\n{server.log[-_LAST_WORDS:]}")
        raise


def run_program(
    *arguments: str, folder: Path, env: Mapping[str, str] | None = None, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run `hexkey` with `arguments` to its end; its status and both streams are the result."""
    return subprocess.run(
        [sys.executable, *_PROGRAM, *arguments],
        cwd=folder, env=environment(folder, env or {}), input=stdin, text=True,
        capture_output=True, check=False, timeout=_START_SECONDS,
    )  # fmt: skip


def environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program in `folder`: the caller's without its Hexkey settings."""
    inherited = {name: it for name, it in os.environ.items() if not name.startswith("HEXKEY_")}
    defaults = {
        "HEXKEY_DATA_DIR": str(folder / "data"),
        "HEXKEY_BCRYPT_COST": "10",  # the least; a real password is not at stake
        # One machine is all the people there are.
        "HEXKEY_THROTTLE_NETWORK_FAILURES": "100000",
        **{f"HEXKEY_LIMIT_{kind}": "0" for kind in ("SIGN_IN", "REFRESH", "ANONYMOUS_WRITE")},
        "PYTHONPATH": str(ROOT),  # also where the project is not installed
    }
    return {**inherited, **defaults, **env}


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody on `port` speaks HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _started(folder: Path, env: Mapping[str, str], arguments: Sequence[str], port: int) -> Server:
    url = f"http://127.0.0.1:{port}"
    options = ["serve", "--host", "127.0.0.1", "--port", str(port), *arguments]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *_PROGRAM, *options],
            cwd=folder, env=environment(folder, {"HEXKEY_PUBLIC_URL": url, **env}),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    return Server(url, port, folder, process)


def _await_answer(server: Server) -> None:
    for _ in range(int(_START_SECONDS / _LOOK_AGAIN_SECONDS)):
        if answers(server.port):
            return
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(_LOOK_AGAIN_SECONDS)
            break
    server.process.kill()
    raise DidNotStart(f"status {server.process.wait()}\n{server.log}")
