import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.authentication.networks import network_of
from hexkey.domain.authentication.rules import Attempted, Rule
from hexkey.domain.authentication.throttle import MAX_COUNTER_KEY_LENGTH
from tests.support.strategies import text


class TestNetwork:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::1", "::/64"),
        ],
    )
    def test_rl_09_is_an_ipv4_address_or_a_64(self, address: str, network: str) -> None:
        assert network_of(address) == network

    @pytest.mark.parametrize(
        "junk", [None, "", "a", "999.1.1.1", "1.2.3.4:80", "01.2.3.4", "\0", "x" * 10_000]
    )
    def test_rl_07_is_one_for_all_that_is_no_address(self, junk: str | None) -> None:
        assert network_of(junk) == "unknown"

    @given(st.ip_addresses().map(str) | text)
    def test_fits_into_a_counter_beside_a_digest(self, address: str) -> None:
        attempted = Attempted(account="f" * 64, address=address)

        assert all(len(attempted.key(rule)) <= MAX_COUNTER_KEY_LENGTH for rule in Rule)

    @given(st.ip_addresses(v=6), st.binary(min_size=8, max_size=8))
    def test_is_the_same_for_all_of_a_household(self, address: object, tail: bytes) -> None:
        assert isinstance(address, ipaddress.IPv6Address)
        if address.ipv4_mapped is None:
            other = ipaddress.IPv6Address(address.packed[:8] + tail)
            assert other.ipv4_mapped or network_of(str(other)) == network_of(str(address))
