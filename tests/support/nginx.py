"""A real nginx with the configuration that is shipped, in front of servers of a test.

Only addresses, names of files and times are changed, and each must be where it is expected.
"""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.server import ROOT, free_port
from tests.support.wire import Reply, replies, rest

SHIPPED = ROOT / "docs" / "deployment" / "nginx.conf"
NAME = "auth.example.com"
_START_SECONDS = 10


class NoNginx(Exception):
    """There is no nginx to test with."""


@dataclass(frozen=True)
class Nginx:
    """A front line on loopback, that is called `NAME`.

    Attributes:
        port: of TLS.
        plain_port: of HTTP without it.
    """

    port: int
    plain_port: int
    folder: Path
    trust: ssl.SSLContext

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    def connect(self, name: str = NAME) -> socket.socket:
        """A connection with TLS, to whom calls itself `name`."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.trust.wrap_socket(plain, server_hostname=name)

    def exchange(self, *pieces: bytes) -> list[Reply]:
        """Send `pieces` on one connection and read until the server hangs up."""
        with self.connect() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except OSError:  # it hung up before it had read everything
                pass
            return replies(rest(connection))


@contextmanager
def running_nginx(
    folder: Path, instances: Sequence[int], *, seconds: int = 10, shipped: Path = SHIPPED
) -> Iterator[Nginx]:
    """nginx before the servers on the ports `instances`.

    Args:
        seconds: what a client is given for a header, and between two octets of a body.

    Raises:
        NoNginx: if it is not installed.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise NoNginx
    authority = Authority()
    authority.serving(folder, NAME)
    nginx = Nginx(free_port(), free_port(), folder, authority.trusting())
    file = folder / "nginx.conf"
    file.write_text(_adapted(shipped.read_text(), nginx, instances, seconds))
    command = [program, "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (folder / "nginx.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _await_listener(nginx.port, process)
        yield nginx
    finally:
        process.terminate()
        process.wait(20)


def _adapted(shipped: str, nginx: Nginx, instances: Sequence[int], seconds: int) -> str:
    folder = nginx.folder
    temporary = "".join(
        f"    {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    first, second = instances
    changes = {
        "worker_processes auto;": "worker_processes 1;",
        "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
        "error_log /var/log/nginx/hexkey-error.log crit;": f"error_log {folder}/error.log crit;",
        "/var/log/nginx/hexkey.log": f"{folder}/access.log",
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{first} ",
        "server 127.0.0.1:8002 ": f"server 127.0.0.1:{second} ",
        "/etc/ssl/hexkey/fullchain.pem": f"{folder}/{NAME}.pem",
        "/etc/ssl/hexkey/privkey.pem": f"{folder}/{NAME}.pem",
        "listen 443 ": f"listen 127.0.0.1:{nginx.port} ",
        "listen 80 ": f"listen 127.0.0.1:{nginx.plain_port} ",
        "listen 80;": f"listen 127.0.0.1:{nginx.plain_port};",
        "client_header_timeout 10s;": f"client_header_timeout {seconds}s;",
        "client_body_timeout 10s;": f"client_body_timeout {seconds}s;",
        "http {\n": f"http {{\n{temporary}",
    }
    for old, new in changes.items():
        assert old in shipped, old
        shipped = shipped.replace(old, new)
    return shipped


def _await_listener(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(_START_SECONDS * 50):
        assert process.poll() is None, "nginx did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nginx does not listen")
