"""FE-06, P112: which addresses may be called."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.adapters.webhooks.addresses import is_loopback, is_public

PUBLIC = ["93.184.216.34", "1.1.1.1", "223.255.255.255", "2606:2800:220:1::1", "2a00:1450::8"]
INSIDE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200"),
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1"),
    *("localhost", "", "127.1", "0x7f000001", "2130706433", "0177.0.0.1"),
]


class TestPublicAddress:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_fe_06_is_global_unicast(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize("address", INSIDE)
    def test_fe_06_is_nothing_inside_or_special(self, address: str) -> None:
        assert not is_public(address)

    @given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
    def test_fe_06_is_never_what_the_library_calls_private(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        special = (
            address.is_private
            or address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_reserved
            or address.is_unspecified
        )

        assert not (special and is_public(str(address)))

    @given(st.ip_addresses(v=4))
    def test_fe_06_hides_no_ipv4_address_in_ipv6(self, inner: ipaddress.IPv4Address) -> None:
        number = int(inner)
        for carrier in (
            number,
            (0xFFFF << 32) | number,
            (0x64FF9B << 96) | number,
            (0x2002 << 112) | (number << 80),
            (0x2001 << 112) | (~number & 0xFFFFFFFF),
        ):
            assert not is_public(str(ipaddress.IPv6Address(carrier)))


class TestLoopbackAddress:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
    def test_is_this_machine(self, address: str) -> None:
        assert is_loopback(address)

    @pytest.mark.parametrize("address", ["10.0.0.1", "::ffff:127.0.0.1", "::", "localhost", ""])
    def test_is_nothing_else(self, address: str) -> None:
        assert not is_loopback(address)
