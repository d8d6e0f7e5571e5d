import ipaddress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.authentication.throttle import (
    FREE_FAILURES,
    MAX_COUNTER_KEY_LENGTH,
    MAX_DELAY,
    Failures,
    TooManyAttempts,
    network_of,
)
from tests.support.doubles import START
from tests.support.strategies import failures, instants, steps, text


class TestFailures:
    def test_rl_01_rest_from_the_fifth_1_2_4_up_to_900_seconds(self) -> None:
        delays = [Failures(count, START).delay // timedelta(seconds=1) for count in range(1, 18)]

        assert delays == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]

    @given(failures)
    def test_never_rest_longer_than_the_bound(self, failures: Failures) -> None:
        assert timedelta(0) <= failures.delay <= MAX_DELAY

    @given(st.integers(1, 10_000), st.integers(1, 10_000), instants)
    def test_rest_the_longer_the_more_there_are(self, one: int, more: int, last: object) -> None:
        few, many = sorted((one, more))

        assert Failures(few, START).delay <= Failures(many, START).delay

    @given(failures, steps)
    def test_are_rested_from_exactly_the_end_of_the_delay_on(
        self, failures: Failures, step: timedelta
    ) -> None:
        end = failures.last + failures.delay
        failures.ensure_rested(now=end)
        failures.ensure_rested(now=end + abs(step))

        if failures.delay:
            with pytest.raises(TooManyAttempts) as refusal:
                failures.ensure_rested(now=end - timedelta(milliseconds=1))
            assert refusal.value.retry_after == timedelta(milliseconds=1)

    @given(failures, steps)
    def test_ask_nobody_to_wait_longer_than_twice_the_delay(
        self, failures: Failures, step: timedelta
    ) -> None:
        """RF-16: whatever somebody does to the clock."""
        now = failures.last + step
        wait = waiting_time(failures, now=now)

        if wait is not None:
            assert timedelta(0) < wait < 2 * failures.delay
            failures.ensure_rested(now=now + wait)

    @given(st.integers(1, FREE_FAILURES), steps)
    def test_are_free_at_first_even_if_another_clock_is_ahead(
        self, count: int, step: timedelta
    ) -> None:
        Failures(count, START).ensure_rested(now=START + step)

    def test_still_rest_when_another_clock_is_a_little_ahead(self) -> None:
        with pytest.raises(TooManyAttempts):
            Failures(9, START).ensure_rested(now=START - timedelta(seconds=1))


def waiting_time(failures: Failures, *, now: datetime) -> timedelta | None:
    try:
        failures.ensure_rested(now=now)
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return None


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
        assert len("f" * 64 + "|" + network_of(address)) <= MAX_COUNTER_KEY_LENGTH

    @given(st.ip_addresses(v=6), st.binary(min_size=8, max_size=8))
    def test_is_the_same_for_all_of_a_household(self, address: object, tail: bytes) -> None:
        assert isinstance(address, ipaddress.IPv6Address)
        if address.ipv4_mapped is None:
            other = ipaddress.IPv6Address(address.packed[:8] + tail)
            assert other.ipv4_mapped or network_of(str(other)) == network_of(str(address))
