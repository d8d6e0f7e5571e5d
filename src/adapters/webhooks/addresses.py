"""Which IP addresses anybody on the Internet could reach as well: no others are called."""

import ipaddress

# IANA's special-purpose registries, and what clouds let their machines alone reach. Written out,
# because the standard library's own judgement has changed between versions (CVE-2024-4032).
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # where Azure serves its own machines
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
# The rest of IPv6 is local, mapped, translated, multicast, or nobody's.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(text: str) -> bool:
    """Whether `text`, as a resolver gives it, is global unicast and leads nowhere else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # with a zone, for example
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST:  # noqa: PLR2004
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def is_loopback(text: str) -> bool:
    """Whether `text` is this machine, spelled as resolvers spell it."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address == ipaddress.IPv6Address("::1") or (
        address.version == 4 and address.is_loopback  # noqa: PLR2004
    )
