"""PW-08: the filter on the disk."""

import hashlib
import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hexkey.adapters.breaches.bit_check import looks_sound
from hexkey.adapters.breaches.breach_filter import FilteredBreaches, digest_of
from hexkey.adapters.breaches.filter_builder import build_filter
from hexkey.adapters.breaches.filter_file import HEADER_OCTETS, FilterHeader
from hexkey.adapters.breaches.password_list import PasswordList
from hexkey.domain.accounts.password import Password
from tests.contracts.breached_passwords import KNOWN, BreachedPasswordsContract
from tests.support.range_server import sha1

printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
OTHERS = [f"somebody's password, number {n}" for n in range(2000)]


def built(folder: Path, lines: bytes, *, false_positives: float = 1e-6) -> Path:
    (folder / "list").write_bytes(lines)
    target = folder / "breached.filter"
    told: list[tuple[str, int, int]] = []
    build_filter(
        PasswordList(folder / "list"),
        target,
        false_positives=false_positives,
        told=lambda *it: told.append(it),
    )
    assert told[-1] == ("Filling", len(lines), len(lines))
    return target


def as_words(words: list[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def as_digests(words: list[str]) -> bytes:
    return "".join(f"{sha1(word)}:{n}\r\n" for n, word in enumerate(words, 1)).encode()


class TestFilterOfDigests(BreachedPasswordsContract):
    @pytest.fixture
    def breached(self, tmp_path: Path) -> FilteredBreaches:
        return FilteredBreaches(built(tmp_path, as_digests([KNOWN, *OTHERS])))


class TestFilterOfWords(BreachedPasswordsContract):
    @pytest.fixture
    def breached(self, tmp_path: Path) -> FilteredBreaches:
        return FilteredBreaches(built(tmp_path, as_words([KNOWN, *OTHERS])))


class TestFilter:
    @settings(max_examples=50)
    @given(
        words=st.lists(printable, min_size=1),
        rate=st.floats(1e-9, 0.1),
    )
    def test_forgets_none(
        self, tmp_path_factory: pytest.TempPathFactory, words: list[str], rate: float
    ) -> None:
        folder = tmp_path_factory.mktemp("words")
        found = FilteredBreaches(built(folder, as_words(words), false_positives=rate))

        assert all(found.has(digest_of(Password.typed(word))) for word in words)

    @pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
    def test_errs_as_rarely_as_its_header_says(self, tmp_path: Path, rate: float) -> None:
        found = FilteredBreaches(built(tmp_path, as_words(OTHERS), false_positives=rate))
        tried = 50_000

        wrong = sum(found.has(hashlib.sha1(b"%d" % n).digest()) for n in range(tried))

        stated = found.header.false_positives
        assert 0.7 * rate < stated < 1.3 * rate
        deviation = math.sqrt(tried * stated)
        assert abs(wrong - tried * stated) < 5 * deviation

    def test_is_as_small_as_such_filters_are(self, tmp_path: Path) -> None:
        octets = built(tmp_path, as_words(OTHERS), false_positives=0.001).stat().st_size

        assert (octets - HEADER_OCTETS) / len(OTHERS) < 1.81

    def test_takes_a_step_that_is_nothing(self) -> None:
        header = FilterHeader.sized(1000, false_positives=0.001)

        assert len(set(header.places(bytes(20)))) == header.probes


HEADER = FilterHeader.sized(10, false_positives=0.01)


class TestHeader:
    @given(
        st.builds(
            FilterHeader,
            bits=st.integers(1, 2**43),
            probes=st.integers(1, 64),
            entries=st.integers(0, 2**40),
            false_positives=st.floats(1e-300, 0.5),
            complete=st.booleans(),
            done=st.integers(0, 2**63),
            source_octets=st.integers(0, 2**63),
            source_changed=st.integers(0, 2**63),
        )
    )
    def test_is_read_as_it_was_written(self, header: FilterHeader) -> None:
        assert FilterHeader.parse(header.packed()) == header
        assert len(header.packed()) == HEADER_OCTETS

    @given(st.binary(max_size=100))
    def test_is_read_or_refused(self, octets: bytes) -> None:
        with pytest.raises(ValueError, match=r"^is "):
            FilterHeader.parse(octets)

    @pytest.mark.parametrize(
        "broken",
        [
            replace(HEADER, bits=0),
            replace(HEADER, bits=2**43 + 1),
            replace(HEADER, probes=0),
            replace(HEADER, probes=65),
            replace(HEADER, false_positives=0.0),
            replace(HEADER, false_positives=1.0),
            replace(HEADER, false_positives=math.nan),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, broken: FilterHeader) -> None:
        with pytest.raises(ValueError, match="damaged"):
            FilterHeader.parse(broken.packed())


class TestDamagedFilter:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda octets: b"",
            lambda octets: octets[:63],
            lambda octets: octets[:-1],
            lambda octets: octets + b"x",
            lambda octets: b"XXXX" + octets[4:],
            lambda octets: octets[:4] + b"\x02" + octets[5:],
            lambda octets: octets[:6] + b"\x00" + octets[7:],  # not complete
            lambda octets: octets[:6] + b"\x02" + octets[7:],
            lambda octets: octets[:64] + bytes(len(octets) - 64),
            lambda octets: octets[:64] + b"\xff" * (len(octets) - 64),
            lambda octets: octets[:1000] + bytes(100) + octets[1100:],
            lambda octets: octets[:1000] + bytes([octets[1000] ^ 1]) + octets[1001:],
        ],
    )
    def test_is_refused(self, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
        target = built(tmp_path, as_words(OTHERS))
        target.write_bytes(damage(target.read_bytes()))

        with pytest.raises(ValueError, match=r"^is |empty"):
            FilteredBreaches(target)


PIECES = 1000  # of so many is a filter that is too long to be counted whole


class TestBitsOfALongFilter:
    """PW-08: a filter that has lost what was in it is noticed at the start, and not at a breach."""

    def made(self, density: float) -> tuple[FilterHeader, bytes]:
        chance = random.Random(1)
        bits = 8 * 4096 * PIECES
        ones = chance.randbytes(bits // 8)
        if density < 0.5:
            also = int.from_bytes(chance.randbytes(bits // 8))
            ones = (int.from_bytes(ones) & also).to_bytes(bits // 8)
        rate = (int.from_bytes(ones).bit_count() / bits) ** 10
        return FilterHeader(bits, 10, 1, rate, complete=True), bytes(HEADER_OCTETS) + ones

    @pytest.mark.parametrize("density", [0.5, 0.25])
    def test_that_are_its_own_are_accepted(self, density: float) -> None:
        header, octets = self.made(density)

        assert looks_sound(octets, header, counted_whole=0)
        assert looks_sound(octets, header, counted_whole=header.octets)

    @pytest.mark.parametrize("density", [0.5, 0.25])
    @pytest.mark.parametrize("lost", [b"\0", b"\xff"])
    @pytest.mark.parametrize("at", [0.0, 0.123, 0.5, 0.98])
    def test_of_which_a_fiftieth_part_was_lost_are_refused(
        self, density: float, lost: bytes, at: float
    ) -> None:
        header, octets = self.made(density)
        begin, length = HEADER_OCTETS + int(at * len(octets)), len(octets) // 50
        octets = octets[:begin] + (lost * length) + octets[begin + length :]

        assert not looks_sound(octets, header, counted_whole=0)


class TestNumberOfBitsThatAreSet:
    @given(
        bits=st.integers(64, 2**40),
        share=st.floats(1e-6, 1.0),
        probes=st.integers(1, 30),
    )
    def test_follows_from_the_rate_to_the_bit(self, bits: int, share: float, probes: int) -> None:
        ones = max(1, min(bits - 1, int(bits * share)))
        rate = math.pow(ones / bits, probes)

        assert FilterHeader(bits, probes, 1, rate).ones == ones
