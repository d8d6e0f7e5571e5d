"""The socket the server listens on."""

import errno
import socket
from dataclasses import dataclass

from hexkey.entrypoints.cli.refusals import CommandRefused

_BACKLOG = 2048  # connections that wait to be accepted
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to name a reachable address instead


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen.

    Attributes:
        port: 0 for any free one.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """How a browser on this machine reaches it."""
        host = _ANY.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def listen(address: Address) -> tuple[socket.socket, Address]:
    """A socket that takes connections, and the address it really has.

    It listens at once, because two sockets that are only bound may share a port, and the second
    server would learn of it too late.

    Raises:
        CommandRefused: with what to do, if that is not possible.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(error, address) from None
    listener.set_inheritable(True)
    return listener, Address(address.host, listener.getsockname()[1])


def _refused(error: OSError, address: Address) -> CommandRefused:
    host, port = address.host, address.port
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return CommandRefused(
            "no_such_address", f"This machine has no address {host!r}: choose another --host."
        )
    if error.errno == errno.EADDRINUSE:
        return CommandRefused(
            "port_taken",
            f"Port {port} of {host} is taken: stop the program that uses it, or choose another "
            "with --port.",
        )
    if error.errno == errno.EACCES:
        return CommandRefused(
            "port_forbidden", f"Port {port} needs privileges: choose one above 1023 with --port."
        )
    return CommandRefused("cannot_listen", f"Cannot listen on {host}: {error.strerror}.")
