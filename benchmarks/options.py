"""What a run measures, and how long it takes for it."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

MEASURES = (
    "me",
    "stall",
    "start",
    "signin",
    "refresh",
    "revocation",
    "scale",
    "enumeration",
    "mail-timing",
    "drain",
    "throttle",
    "guesses",
    "commits",
)  # tokens live an hour
SYSTEMS = ("floor", "tutorial", "fastapi-users", "hexkey")
DATABASES = ("sqlite", "postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The size of a run.

    Attributes:
        rounds: how often everything is measured in turn; the median counts.
        seconds: of one measurement.
        users: in every database but those of `scale`.
        tokens: how many users' tokens take turns.
        many: users of the larger database in `scale`.
        pairs: of `enumeration`, `mail-timing`, `scale` and `throttle`.
        mails: of `drain`.
    """

    only: tuple[str, ...]
    systems: tuple[str, ...]
    databases: tuple[str, ...]
    rounds: int
    seconds: float
    users: int
    tokens: int
    many: int
    pairs: int
    mails: int
    quick: bool


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short look; its figures are rough")
    for name, words in (("only", MEASURES), ("systems", SYSTEMS), ("databases", DATABASES)):
        parser.add_argument(
            f"--{name}", type=_words(words), default=words, help=f"some of {','.join(words)}"
        )
    for name in ("rounds", "seconds", "users", "tokens", "many", "pairs", "mails"):
        parser.add_argument(f"--{name}", type=_positive)
    given = vars(parser.parse_args(arguments))
    sizes = QUICK if given["quick"] else FULL
    return Options(**{**given, **{n: given[n] or size for n, size in sizes.items()}})


FULL = {
    "rounds": 3,
    "seconds": 8,
    "users": 1000,
    "tokens": 1000,
    "many": 1_000_000,
    "pairs": 300,
    "mails": 10_000,
}
QUICK = {
    "rounds": 1,
    "seconds": 2,
    "users": 1000,
    "tokens": 50,
    "many": 100_000,
    "pairs": 40,
    "mails": 1000,
}


def _words(allowed: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        words = tuple(text.split(","))
        if unknown := set(words) - set(allowed):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return words

    return read


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
