"""PW-08: a filter takes hours to make, and any of them may be interrupted."""

import errno
import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from hexkey.adapters.breaches.breach_filter import FilteredBreaches, digest_of
from hexkey.adapters.breaches.filter_builder import build_filter
from hexkey.adapters.breaches.filter_file import FilterHeader
from hexkey.adapters.breaches.list_form import UnusableList
from hexkey.adapters.breaches.partial_file import FilterInMaking, held
from hexkey.adapters.breaches.password_list import MAX_LINE, PasswordList
from hexkey.domain.accounts.password import Password
from tests.support.range_server import sha1

WORDS = [f"somebody's password, number {n}" for n in range(12_000)]


class Making:
    """Makes a filter of a list, and is interrupted when it is told so."""

    def __init__(self, folder: Path) -> None:
        self.list, self.target = folder / "list", folder / "breached.filter"
        self.list.write_text("".join(f"{sha1(it)}:{n}\n" for n, it in enumerate(WORDS, 1)))
        self.steps: list[tuple[str, int]] = []

    @property
    def partial(self) -> Path:
        return self.target.with_name("breached.filter.partial")

    def run(
        self, *, interrupted: str = "", after: int = 0, rate: float = 0.001, least: int = 1
    ) -> FilterHeader:
        self.steps.clear()

        def told(doing: str, done: int, of: int) -> None:
            self.steps.append((doing, done))
            if doing == interrupted and done >= after:
                raise KeyboardInterrupt

        source = PasswordList(self.list, least=least)
        return build_filter(source, self.target, false_positives=rate, told=told, checkpoint=30_000)

    def interrupt(self, doing: str, *, after: int = 0) -> None:
        with pytest.raises(KeyboardInterrupt):
            self.run(interrupted=doing, after=after)


@pytest.fixture
def making(tmp_path: Path) -> Making:
    return Making(tmp_path)


class TestInterruptedMaking:
    @pytest.mark.parametrize("after", [0, 200_000, 400_000])
    def test_goes_on_where_it_was(self, making: Making, after: int) -> None:
        making.run()
        whole = making.target.read_bytes()
        making.target.unlink()

        making.interrupt("Filling", after=after)
        assert not making.target.exists()
        making.run()

        assert making.steps[0][0] == "Filling"  # nothing was counted again
        assert making.steps[0][1] > after
        assert making.target.read_bytes() == whole
        assert not making.partial.exists()

    def test_goes_on_from_the_last_checkpoint_after_a_kill(self, making: Making) -> None:
        def killed(doing: str, done: int, of: int) -> None:
            if doing == "Filling" and done > 300_000:
                raise SystemError("as good as dead")

        source = PasswordList(making.list)
        with pytest.raises(SystemError):
            build_filter(
                source, making.target, false_positives=0.001, told=killed, checkpoint=30_000
            )
        done = FilterHeader.parse(making.partial.read_bytes()).done
        making.run()

        assert 150_000 < done <= making.list.stat().st_size
        doing, at = making.steps[0]
        assert (doing, at > done, at - done < 100) == ("Filling", True, True)
        found = FilteredBreaches(making.target)
        assert all(found.has(digest_of(Password(it))) for it in WORDS)

    def test_keeps_the_filter_before_in_its_place(self, making: Making) -> None:
        making.target.write_bytes(b"the one of last year")

        making.interrupt("Filling")

        assert making.target.read_bytes() == b"the one of last year"

    @pytest.mark.parametrize("how", ["list", "rate", "least", "damage", "counting"])
    def test_begins_anew_if_anything_is_not_as_it_was(self, making: Making, how: str) -> None:
        making.interrupt("Counting" if how == "counting" else "Filling")
        match how:
            case "list":
                os.utime(making.list, ns=(1, 1))
            case "damage":
                making.partial.write_bytes(making.partial.read_bytes()[:-1])

        made = making.run(rate=0.01 if how == "rate" else 0.001, least=3 if how == "least" else 1)

        assert making.steps[0][0] == "Counting"
        assert FilteredBreaches(making.target).header == made
        assert made.entries == len(WORDS) - (2 if how == "least" else 0)


@contextmanager
def no_file_longer_than(octets: int) -> Iterator[None]:
    """What a full disk is, to whoever wants to have room before it is needed."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFullDisk:
    def test_has_no_hole_that_could_not_be_filled(self, making: Making) -> None:
        """To write into a mapped hole on a full disk is SIGBUS, and no exception at all."""
        making.list.write_text("".join(f"{n:040X}\n" for n in range(100_000)))
        making.interrupt("Filling")  # after the first digest: ten bits on as many pages of 44
        begun = making.partial.stat()

        assert begun.st_blocks * 512 >= begun.st_size

    def test_is_told_and_nothing_is_left(self, making: Making) -> None:
        with no_file_longer_than(10_000), pytest.raises(OSError, match="partial") as raised:
            making.run()

        assert raised.value.errno == errno.EFBIG
        assert not making.partial.exists()
        assert not making.target.exists()


class TestTwoAtOnce:
    @pytest.mark.parametrize("doing", ["Counting", "Filling"])
    def test_do_not_work_in_one_file(self, making: Making, doing: str) -> None:
        def told(now: str, done: int, of: int) -> None:
            if now == doing:
                with pytest.raises(FilterInMaking, match="Another command"):
                    making.run()

        source = PasswordList(making.list)
        made = build_filter(source, making.target, false_positives=0.001, told=told)

        assert made.complete
        found = FilteredBreaches(making.target)
        assert all(found.has(digest_of(Password(it))) for it in WORDS)

    @pytest.mark.parametrize("a_third_begins", [False, True])
    def test_leave_what_one_of_them_has_put_in_its_place(
        self, making: Making, monkeypatch: pytest.MonkeyPatch, *, a_third_begins: bool
    ) -> None:
        """The other may be done between opening the file and having it for oneself."""
        making.partial.write_bytes(b"made by the other")
        flock = fcntl.flock

        def late(opened: BinaryIO, how: int) -> None:
            if not making.target.exists():
                making.partial.rename(making.target)
                if a_third_begins:
                    making.partial.touch()
            flock(opened, how)

        monkeypatch.setattr(fcntl, "flock", late)
        with held(making.partial):
            assert making.partial.read_bytes() == b""
            assert making.target.read_bytes() == b"made by the other"
        assert not making.partial.exists()

    def test_leave_what_is_begun_to_whoever_comes_after_a_kill(self, making: Making) -> None:
        with held(making.partial) as opened:
            opened.write(b"begun")
            opened.flush()
        with held(making.partial) as opened:
            assert opened.read() == b"begun"


class TestListThatChanges:
    @pytest.mark.parametrize("doing", ["Counting", "Filling"])
    @pytest.mark.parametrize("how", ["cut", "longer", "replaced"])
    def test_while_it_is_read_makes_no_filter(self, making: Making, doing: str, how: str) -> None:
        """PW-08: also if it is cut where a line ends, and every line of it is fine."""
        whole = making.list.read_bytes()
        half = whole[: whole.index(b"\n", len(whole) // 2) + 1]
        changed = {"cut": half, "longer": whole + half, "replaced": half * 2}[how]
        making.partial.touch()

        def told(now: str, done: int, of: int) -> None:
            if now == doing and making.list.read_bytes() == whole:
                making.list.write_bytes(changed)

        with pytest.raises(UnusableList, match="changed while it was read"):
            build_filter(PasswordList(making.list), making.target, false_positives=0.1, told=told)
        assert not making.target.exists()
        assert not making.partial.exists()

    @pytest.mark.parametrize("name", ["list", "list.partial", "linked"])
    def test_is_not_written_over(self, making: Making, name: str) -> None:
        whole = making.list.read_bytes()
        making.list.with_name("linked").symlink_to(making.list)
        if name == "list.partial":
            making.list = making.list.rename(making.list.with_name(name))
        making.target = making.list.with_name(name.removesuffix(".partial"))

        with pytest.raises(UnusableList, match="written over the list"):
            making.run()

        assert making.list.read_bytes() == whole


class TestList:
    def made(self, folder: Path, lines: bytes, *, least: int = 1) -> FilteredBreaches:
        (folder / "list").write_bytes(lines)
        target = folder / "breached.filter"
        source = PasswordList(folder / "list", least=least)
        build_filter(source, target, false_positives=1e-9, told=lambda *_: None)
        return FilteredBreaches(target)

    def knows(self, made: FilteredBreaches, text: str) -> bool:
        return made.has(digest_of(Password.typed(text)))

    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    @pytest.mark.parametrize("last", [b"", b"\n"])
    def test_may_have_any_ends_of_lines_and_empty_ones(
        self, tmp_path: Path, end: bytes, last: bytes
    ) -> None:
        made = self.made(tmp_path, end.join([b"one", b"", b" two ", b"three"]) + last)

        assert made.header.entries == 3
        assert all(self.knows(made, it) for it in ("one", " two ", "three"))
        assert not self.knows(made, "two")

    def test_may_have_digests_in_any_order_case_and_without_counts(self, tmp_path: Path) -> None:
        lines = [f" {sha1('b').lower()}\t", sha1("a"), " ", sha1("c") + ":7 "]
        made = self.made(tmp_path, "\n".join(lines).encode())

        assert all(self.knows(made, it) for it in "abc")

    @pytest.mark.parametrize("before", ["\ufeff", "\n", "\ufeff\r\n\n"])
    @pytest.mark.parametrize("form", ["words", "digests", "counts"])
    def test_may_begin_with_a_mark_or_with_blank_lines(
        self, tmp_path: Path, before: str, form: str
    ) -> None:
        """PW-08: digests after them are digests, and no words."""
        count = ":3" if form == "counts" else ""
        words = list("abc") if form == "words" else [sha1(it) + count for it in "abc"]
        lines = "".join(f"{it}\n" for it in words)
        made = self.made(tmp_path, (before + lines).encode())

        assert all(self.knows(made, it) for it in "abc")

    def test_of_words_may_have_digests_among_them(self, tmp_path: Path) -> None:
        made = self.made(tmp_path, b"word\n%032x\nanother\n" % 1)

        assert self.knows(made, f"{1:032x}")
        assert made.header.entries == 3

    def test_of_words_is_of_people_whose_keyboards_differ(self, tmp_path: Path) -> None:
        made = self.made(tmp_path, "cafe\u0301 latte\n".encode() + b"caf\xe9 latin\n")

        assert self.knows(made, "caf\u00e9 latte")
        assert made.header.entries == 2

    def test_leaves_out_what_was_seen_too_rarely(self, tmp_path: Path) -> None:
        lines = f"{sha1('often')}:10\n{sha1('rare')}:9\n".encode()
        made = self.made(tmp_path, lines, least=10)

        assert self.knows(made, "often")
        assert not self.knows(made, "rare")
        assert made.header.entries == 1

    @pytest.mark.parametrize(
        ("lines", "least", "reason"),
        [
            (b"", 1, "nothing"),
            (b"\n\n", 1, "nothing"),
            (b"%032X:3\n" % 1, 1, "NTLM"),
            (b"\xef\xbb\xbf\n\n%032X:3\n" % 1, 1, "NTLM"),
            (b"%035X:3\n" % 1, 1, "endings of digests"),
            (b"%040X,3\n" % 1, 1, "a form that is not known: a line has to be SHA-1:COUNT"),
            (b"%040X\t3\n" % 1, 1, "a form that is not known"),
            (b"hash;count\n%040X;3\n%040X;2\n" % (1, 2), 1, "a form that is not known"),
            (b"%064X\n" % 1, 1, "a form that is not known"),
            (b"somebody@there.example:%032x\n" % 1, 1, "a form that is not known"),
            (b"sha1:\n%040X\n%040X\n" % (1, 2), 1, "a form that is not known"),
            (f"{1:040X}:1\n".encode("utf-16"), 1, "UTF-16"),
            (f"{1:040X}:1\n".encode("utf-16-le"), 1, "UTF-16"),
            ("\nword\n".encode("utf-16-be"), 1, "UTF-16"),
            ("word\n".encode("utf-32"), 1, "UTF-16"),
            (b"%040X\n%040X\n" % (1, 2), 2, "no counts"),
            (b"word\n", 2, "no counts"),
            (b"%040X:1\nword\n" % 1, 1, "octet 43 is not like"),
            (b"%040X:1\n%039X\n" % (1, 2), 1, "octet 43 is not like"),
            (b"%040X:1\n%040X-3\n" % (1, 2), 1, "octet 43 is not like"),
            (b"%040X:1\n%040X:x\n" % (1, 2), 2, "octet 43 is not like"),
            (b"word\n" + b"x" * (MAX_LINE + 1), 1, "octet 5 is too long"),
        ],
    )
    def test_that_is_none_is_refused(
        self, tmp_path: Path, lines: bytes, least: int, reason: str
    ) -> None:
        with pytest.raises(UnusableList, match=reason):
            self.made(tmp_path, lines, least=least)

        assert [it.name for it in tmp_path.iterdir()] == ["list"]
