"""Where an attempt comes from, as far as it is counted."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)  # each attempt asks several times
def network_of(address: str | None) -> str:
    """The network an attempt is counted for: an IPv4 address, or the /64 of an IPv6 address.

    One household owns a whole /64, so a single IPv6 address is no limit at all. What is not an
    address is counted together, under one name, and never skips the count.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))
    return str(parsed)
