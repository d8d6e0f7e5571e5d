"""Requests that were good once: changed octet by octet, from a seed that is printed."""

import random
import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

# What parsers of one kind or another have stumbled over.
INTERESTING = [
    *(
        b"\x00",
        b"\r\n",
        b"\n",
        b"\r",
        b"\t",
        b" ",
        b":",
        b";",
        b",",
        b"%",
        b"%00",
        b"%0d%0a",
        b"%zz",
    ),
    *(b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\\ud800"),
    *(b'"', b"'", b"\\", b"{", b"}", b"[" * 40, b"]", b"null", b"true", b"NaN", b"1e400", b"-0"),
    *(b"9" * 30, b"-1", b"0x10", b"18446744073709551616", b"../", b"//", b"/%2e%2e/", b"?", b"#"),
    *(b"\r\n\r\n", b"HTTP/1.1", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n"),
    *(b"Host: 127.0.0.1\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"A" * 9000),
]
MOST_CHANGES = 4
SHARE_INSIDE = 0.5


def mutated(requests: list[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """`count` of them, the same for the same seed.

    Half of them stay whole as HTTP goes, and have another body or target: few of the others get
    beyond the reader of HTTP.
    """
    chance = random.Random(seed)
    for _ in range(count):
        octets = chance.choice(requests)
        change = _changed_inside if chance.random() < SHARE_INSIDE else _changed
        for _ in range(chance.randint(1, MOST_CHANGES)):
            octets = change(octets, chance)
        yield octets


def _changed_inside(octets: bytes, chance: random.Random) -> bytes:
    head, end, body = octets.partition(b"\r\n\r\n")
    if body:
        body = _changed(body, chance)
        head = re.sub(rb"(Content-Length: )\d+", rb"\g<1>%d" % len(body), head)
    else:
        method, target, rest = head.split(b" ", 2)
        changed = quote_from_bytes(_changed(target[1:], chance), safe="/?&=%:@+,;~.-_")
        head = b" ".join((method, b"/" + changed.encode(), rest))
    return head + end + body


def _changed(octets: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(octets) + 1)
    end = min(len(octets), at + chance.choice((1, 1, 2, 8, 64)))
    match chance.randrange(6):
        case 0:  # another octet
            return octets[:at] + bytes([chance.randrange(256)]) + octets[at + 1 :]
        case 1:  # something missing
            return octets[:at] + octets[end:]
        case 2:  # something twice
            return octets[:end] + octets[at:end] * chance.choice((1, 1, 20)) + octets[end:]
        case 3:  # something that does not belong there
            return octets[:at] + chance.choice(INTERESTING) + octets[at:]
        case 4:  # something else
            return octets[:at] + chance.choice(INTERESTING) + octets[end:]
        case _:  # not all of it
            return octets[:at] if chance.random() < 0.2 else octets
