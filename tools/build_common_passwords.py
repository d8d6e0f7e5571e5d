"""Build the list of common passwords that is shipped with the package.

    python tools/build_common_passwords.py

The words come from the frequency lists inside `zxcvbn` (the Python package by Daniel Wolf, MIT
license; Dropbox compiled the lists for its zxcvbn, also MIT, from published password leaks and
the US census). Only digests of them are shipped. The rest is made by the rules that attackers
start with: a frequent word and a frequent ending, dates, walks over the keyboard, repetitions.

The result is the same on every machine and for every run; a test rebuilds it and compares.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hexkey.adapters.wordlist.common_passwords import LIST_FILE, folded, packed
from hexkey.domain.accounts.password import MIN_PASSWORD_LENGTH_FLOOR

MAX_ENTRIES = 190_000

_ENDINGS = (
    *("1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789"),
    *("!", "!!", "1!", "12!", "123!", "1234!", "@1", "@12", "@123", "#1", "#123", ".", "?", "$"),
    *(
        "0",
        "00",
        "01",
        "007",
        "02",
        "10",
        "11",
        "111",
        "13",
        "21",
        "22",
        "23",
        "69",
        "77",
        "88",
        "99",
    ),
    *("123321", "321", "4321", "54321", "abc", "qwerty", "xyz", "a", "aa", "x", "me", "love"),
)
_YEARS = tuple(str(year) for year in range(1970, 2031))
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "0p")
_ZIGZAGS = (
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1s2d3f4g5h6j7k8l9",
    "qawsedrftgyhujikolp",
)
_LEET = str.maketrans("aeios", "43105")
_EVERYDAY = (
    *("password", "passwort", "welcome", "letmein", "changeme", "secret", "login", "hello"),
    *("admin", "administrator", "root", "user", "guest", "test", "default", "temp", "company"),
    *("spring", "summer", "autumn", "fall", "winter", "january", "february", "march", "april"),
    *("may", "june", "july", "august", "september", "october", "november", "december"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("qwerty", "qwertz", "azerty", "asdf", "abc", "iloveyou", "google", "facebook"),
)
_FIRST_BIRTHDAY, _LAST_BIRTHDAY = date(1950, 1, 1), date(2029, 12, 31)


def common_passwords() -> Iterator[str]:
    """Every candidate, roughly the likeliest first; with repetitions."""
    yield from _leaked()
    yield from _walks()
    yield from _repetitions()
    yield from _with_endings(_EVERYDAY, (*_ENDINGS, *_YEARS, *(f"{year}!" for year in _YEARS)))
    yield from _with_endings(_frequent(600), (*_ENDINGS, *_YEARS))
    yield from _dates()
    yield from _pairs(_frequent(60))
    yield from _with_endings(_frequent(3000), _ENDINGS[:14])


def listed() -> list[str]:
    """What is on the list: the first `MAX_ENTRIES` different candidates of sufficient length."""
    candidates = (folded(candidate) for candidate in common_passwords())
    long_enough = (text for text in candidates if len(text) >= MIN_PASSWORD_LENGTH_FLOOR)
    return list(islice(dict.fromkeys(long_enough), MAX_ENTRIES))


def _leaked() -> Iterator[str]:
    yield from FREQUENCY_LISTS["passwords"]


def _frequent(count: int) -> list[str]:
    """The words that passwords are made of: letters only, from passwords and from names."""
    lists = ("passwords", "male_names", "female_names", "surnames")
    merged = _interleaved([FREQUENCY_LISTS[name] for name in lists])
    words = (word for word in merged if word.isalpha() and word.isascii() and len(word) > 2)
    return list(islice(dict.fromkeys(words), count))


def _interleaved(lists: list[list[str]]) -> Iterator[str]:
    # Passwords weigh as much as all kinds of names together.
    passwords, *names = lists
    for rank in range(max(map(len, lists))):
        yield from passwords[3 * rank : 3 * rank + 3]
        yield from (words[rank] for words in names if rank < len(words))


def _with_endings(words: Iterable[str], endings: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        spelled = word.translate(_LEET)
        for ending in endings:
            yield word + ending
            if spelled != word and ending in _ENDINGS[:14]:
                yield spelled + ending


def _pairs(words: list[str]) -> Iterator[str]:
    for first in words:
        for second in words:
            yield first + second


def _walks() -> Iterator[str]:
    for row in (*_ROWS, *_ZIGZAGS, "".join(_COLUMNS), "abcdefghijklmnopqrstuvwxyz"):
        for start in range(len(row)):
            for end in range(start + 3, len(row) + 1):
                walk = row[start:end]
                yield from (walk, walk[::-1], walk + walk, walk + walk[::-1])
    for first in (*_ROWS, *_COLUMNS):
        for second in (*_ROWS, *_COLUMNS):
            yield first + second
            yield first[:4] + second[:4]


def _repetitions() -> Iterator[str]:
    for character in "0123456789abcdefghijklmnopqrstuvwxyz!.*-_ ":
        for length in range(MIN_PASSWORD_LENGTH_FLOOR, 33):
            yield character * length
    for word in FREQUENCY_LISTS["passwords"][:4000]:
        yield from (word * times for times in (2, 3, 4) if len(word) * times <= 32)


def _dates() -> Iterator[str]:
    day = _FIRST_BIRTHDAY
    while day <= _LAST_BIRTHDAY:
        for form in ("%d%m%Y", "%m%d%Y", "%Y%m%d"):
            yield day.strftime(form)
        day += timedelta(days=1)


if __name__ == "__main__":
    words = listed()
    LIST_FILE.write_bytes(packed(words))
    print(f"{len(words)} passwords, {LIST_FILE.stat().st_size} octets")
