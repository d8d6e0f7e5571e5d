"""RL-06: whose request it is, by whatever family of addresses the socket speaks."""

from itertools import product
from typing import Any

import pytest

from hexkey.entrypoints.http.client_address import ClientAddress

CLIENT = "203.0.113.9"
ITS_NETWORKS = ["10.0.0.5", "10.0.0.0/8", "::ffff:10.0.0.5", "::ffff:10.0.0.0/104"]
OTHERS = ["10.0.0.6", "198.51.100.0/24", "2001:db8::/32", "::/0", "::ffff:10.0.0.6"]


def mapped(address: str) -> list[str]:
    """One IPv4 address, as the sockets of either family report it."""
    return [address, f"::ffff:{address}", f"::FFFF:{address}"]


def a_scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    return {"client": None if peer is None else (peer, 4711), "headers": headers}


class TestClientAddress:
    @pytest.mark.parametrize("trusted", [*ITS_NETWORKS, *OTHERS])
    @pytest.mark.parametrize(("peer", "hop"), [*product(mapped("10.0.0.5"), mapped(CLIENT))])
    def test_rl_06_is_the_same_on_a_socket_of_both_families(
        self, peer: str, hop: str, trusted: str
    ) -> None:
        """RL-06: `--host ::` reports a proxy as `::ffff:10.0.0.5`; it is as trusted as ever."""
        expected = CLIENT if trusted in ITS_NETWORKS else "10.0.0.5"

        assert ClientAddress([trusted])(a_scope(peer, hop)) == expected

    @pytest.mark.parametrize(("peer", "inner"), [*product(mapped("10.0.0.5"), mapped("10.0.0.7"))])
    def test_rl_06_is_behind_every_proxy_that_is_trusted(self, peer: str, inner: str) -> None:
        forwarded = f"6.6.6.6, {CLIENT}, {inner}"

        assert ClientAddress(["10.0.0.0/8"])(a_scope(peer, forwarded)) == CLIENT

    @pytest.mark.parametrize("peer", mapped(CLIENT))
    @pytest.mark.parametrize("trusted", [(), ("10.0.0.0/8",)])
    def test_rl_06_is_the_sockets_if_nobody_is_trusted(
        self, peer: str, trusted: tuple[str, ...]
    ) -> None:
        """One client has one address in the audit trail, whichever family it came by."""
        assert ClientAddress(trusted)(a_scope(peer, "6.6.6.6")) == CLIENT

    @pytest.mark.parametrize("peer", [None, "", "testclient", "2001:db8::5", "fe80::1%eth0"])
    def test_is_left_as_it_is_if_it_is_no_ipv4_address(self, peer: str | None) -> None:
        assert ClientAddress(["10.0.0.0/8"])(a_scope(peer, "6.6.6.6")) == peer

    @pytest.mark.parametrize("before", [0, 18, 19, 20, 21, 1000])
    @pytest.mark.parametrize("junk", ["", "6.6.6.6", "10.0.0.7"])
    def test_rl_06_is_not_hidden_by_what_its_client_sent_before(
        self, before: int, junk: str
    ) -> None:
        """RL-06, RL-07: many hops at the left would be a way not to be counted by one's own."""
        forwarded = ",".join([*[junk] * before, CLIENT, "10.0.0.7"])

        assert ClientAddress(["10.0.0.0/8"])(a_scope("10.0.0.5", forwarded)) == CLIENT

    @pytest.mark.parametrize(("inner", "client"), [(19, CLIENT), (20, "10.0.0.5")])
    def test_is_looked_for_among_so_many_hops(self, inner: int, client: str) -> None:
        forwarded = ",".join([CLIENT, *["10.0.0.7"] * inner])

        assert ClientAddress(["10.0.0.0/8"])(a_scope("10.0.0.5", forwarded)) == client
