"""How much of what was written a client has still to read."""

import asyncio
import socket
import struct
import sys

if sys.platform == "linux":
    import fcntl
    import termios

_INT = struct.Struct("i")


def octets_unread(transport: asyncio.Transport) -> int:
    """Octets that the process holds for the client, and those that its kernel does.

    Without the latter a slow client would seem to read nothing for minutes, and then a megabyte.

    Returns:
        0 if the process holds none: the kernel then needs no help to be rid of the rest. Where a
        kernel does not tell, what the process holds.
    """
    waiting = transport.get_write_buffer_size()
    return waiting + _in_kernel(transport.get_extra_info("socket")) if waiting else 0


def _in_kernel(connection: socket.socket | None) -> int:
    if sys.platform != "linux" or connection is None:
        return 0
    try:
        answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(_INT.size))
    except OSError:
        return 0  # it has just ended
    (octets,) = _INT.unpack(answer)
    return int(octets)
