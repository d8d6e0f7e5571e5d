"""Making a filter out of a list: for hours, and in such a way that it may be interrupted."""

import math
import mmap
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from hexkey.adapters.breaches.bit_check import bits_set
from hexkey.adapters.breaches.filter_file import HEADER_OCTETS, FilterHeader
from hexkey.adapters.breaches.list_form import UnusableList
from hexkey.adapters.breaches.partial_file import held
from hexkey.adapters.breaches.password_list import PasswordList

CHECKPOINT_OCTETS = 512 * 2**20  # of the list; what is written down rarely costs nothing
_TELL_EVERY = 2**12  # lines

Told = Callable[[str, int, int], None]
"""Is told what is done, how many octets of it are, and of how many."""


def build_filter(
    source: PasswordList,
    target: Path,
    *,
    false_positives: float,
    told: Told,
    checkpoint: int = CHECKPOINT_OCTETS,
) -> FilterHeader:
    """Put every digest of `source` into `target`, which appears when it is complete.

    Until then the work is in a file beside it, `.partial`. Setting a bit twice does no harm, so
    whoever is interrupted goes on from the last checkpoint, if list and wishes are the same.

    Raises:
        UnusableList: if the list is empty, or none, or was changed meanwhile.
        FilterInMaking: if somebody else does the same.
        OSError: if a file cannot be read or written; the disk may be full.
    """
    partial = target.with_name(f"{target.name}.partial")
    _require_another_place(source, target, partial)
    with held(partial) as opened:
        header = _resumable(opened, source, false_positives)
        if header is None:
            header = _begun(opened, source, false_positives, told)
        _allocate(opened, header)  # a copy of what was begun may have holes
        with mmap.mmap(opened.fileno(), header.octets) as octets:
            header = _fill(opened, octets, header, source, told, checkpoint)
            _require_all_of_it(opened, header, source)
            header = replace(header, complete=True, false_positives=_measured(octets, header))
            _write_down(opened, octets, header)
        partial.replace(target)
    _sync_folder(target.parent)
    return header


def _require_another_place(source: PasswordList, *places: Path) -> None:
    if any(it.exists() and it.samefile(source.path) for it in places):
        raise UnusableList("The filter would be written over the list: give it another name.")


def _require_all_of_it(opened: BinaryIO, header: FilterHeader, source: PasswordList) -> None:
    """What was made of a list that changed meanwhile is a filter of neither of the two."""
    if header.done != header.source_octets or _of_source(header, source) != header:
        opened.truncate(0)
        raise UnusableList("The list was changed while it was read: run the command again.")


def _resumable(opened: BinaryIO, source: PasswordList, rate: float) -> FilterHeader | None:
    try:
        found = FilterHeader.parse(opened.read(HEADER_OCTETS))
    except ValueError:
        return None
    wanted = _of_source(FilterHeader.sized(found.entries, false_positives=rate), source)
    same = replace(found, done=0) == wanted and os.fstat(opened.fileno()).st_size == found.octets
    return found if same else None


def _begun(opened: BinaryIO, source: PasswordList, rate: float, told: Told) -> FilterHeader:
    found = source.path.stat()  # as it was before anything of it was read
    entries = source.count(lambda done: told("Counting", done, found.st_size))
    if not entries:
        raise UnusableList("There is nothing in the list.")
    header = _stamped(FilterHeader.sized(entries, false_positives=rate), source, found)
    opened.truncate(0)  # what was begun of another list, or with other wishes
    try:
        _allocate(opened, header)
    except OSError:
        opened.truncate(0)  # some file systems have taken what there was
        raise
    opened.seek(0)
    opened.write(header.packed())
    opened.flush()
    return header


def _allocate(opened: BinaryIO, header: FilterHeader) -> None:
    """Take the room on the disk at once: a hole that cannot be filled kills whoever maps it."""
    try:
        os.posix_fallocate(opened.fileno(), 0, header.octets)
    except OSError as error:
        raise OSError(error.errno, error.strerror, opened.name) from None


def _of_source(header: FilterHeader, source: PasswordList) -> FilterHeader:
    return _stamped(header, source, source.path.stat())


def _stamped(header: FilterHeader, source: PasswordList, found: os.stat_result) -> FilterHeader:
    # What was left out is another list, too.
    return replace(
        header, source_octets=found.st_size, source_changed=found.st_mtime_ns ^ source.least
    )


def _fill(
    opened: BinaryIO,
    octets: mmap.mmap,
    header: FilterHeader,
    source: PasswordList,
    told: Told,
    checkpoint: int,
) -> FilterHeader:
    saved = end = header.done
    places = header.places
    try:
        for number, (digest, ends) in enumerate(source.digests(header.done)):
            if digest is not None:
                for at, mask in places(digest):
                    octets[at] |= mask
            end = ends
            if number % _TELL_EVERY == 0:
                told("Filling", end, header.source_octets)
            if end - saved >= checkpoint:
                _write_down(opened, octets, replace(header, done=end))
                saved = end
    except KeyboardInterrupt:
        _write_down(opened, octets, replace(header, done=end))
        raise
    told("Filling", header.source_octets, header.source_octets)
    return replace(header, done=end)


def _write_down(opened: BinaryIO, octets: mmap.mmap, header: FilterHeader) -> None:
    """First the bits, then the header that says that they are there."""
    octets.flush()
    octets[:HEADER_OCTETS] = header.packed()
    octets.flush()
    os.fsync(opened.fileno())


def _measured(octets: mmap.mmap, header: FilterHeader) -> float:
    """The rate of false positives of the bits as they are: repeated entries make it better."""
    ones = bits_set(octets, HEADER_OCTETS, header.octets)
    return float(max(math.pow(ones / header.bits, header.probes), 1e-300))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
