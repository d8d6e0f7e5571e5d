"""Who is at the other end of the connection (decision D15)."""

import ipaddress
from collections.abc import Sequence
from typing import Any

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_HOPS = 20  # the last ones: what stands before them was sent by whoever asks
_MAPPED_BITS = 96  # of an IPv4 address in IPv6, before the address (RFC 4291 §2.5.5.2)


class ClientAddress:
    """Reads the client's address off a request.

    Args:
        trusted: networks of the proxies whose `X-Forwarded-For` is believed; empty means nobody.
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = [_unmapped(ipaddress.ip_network(text)) for text in trusted]

    def __call__(self, scope: Any) -> str | None:
        """The socket's address, or behind trusted proxies the right-most untrusted hop.

        What cannot be parsed is ignored; it never makes the answer more trusting. An IPv4 address
        is one, even where a socket that speaks IPv6 as well has reported it as `::ffff:10.0.0.5`.
        """
        peer = scope["client"][0] if scope.get("client") else None
        if not self._trusted and ":" not in (peer or ""):
            return peer  # as it is almost always: parsing it would be 4 µs of each request
        socket = _parsed(peer)
        if isinstance(socket, ipaddress.IPv4Address):
            peer = str(socket)
        if not self._trusted or not self._is_trusted(socket):
            return peer
        for hop in reversed(_forwarded_for(scope)):
            parsed = _parsed(hop)
            if parsed is None:
                return peer
            if not self._is_trusted(parsed):
                return str(parsed)
        return peer

    def _is_trusted(self, address: _Address | None) -> bool:
        return address is not None and any(
            address in network for network in self._trusted if network.version == address.version
        )


def _forwarded_for(scope: Any) -> list[str]:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return b",".join(values).decode("latin-1").split(",")[-_MAX_HOPS:]


def _parsed(text: str | None) -> _Address | None:
    try:
        address = ipaddress.ip_address((text or "").strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _unmapped(network: _Network) -> _Network:
    """The IPv4 network, if that is what is meant."""
    first = getattr(network.network_address, "ipv4_mapped", None)
    if first is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((first, network.prefixlen - _MAPPED_BITS))
