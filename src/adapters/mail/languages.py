"""Which language to write in: lookup of language ranges (RFC 4647 §3.4, RFC 9110 §12.5.4)."""

import re
from collections.abc import Iterable, Iterator

MAX_HEADER_LENGTH = 1000  # what is behind that is not read

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?"
)


def accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the dearest first; what is malformed is not.

    `*` is left out: whoever takes any language is best served by the deployment's own.
    """
    ranges = [_RANGE.fullmatch(it) for it in header[:MAX_HEADER_LENGTH].split(",")]
    weighed = [(float(it[2] or 1), it[1]) for it in ranges if it]
    wanted = [(weight, language) for weight, language in weighed if weight > 0]
    return [language for _, language in sorted(wanted, key=lambda it: -it[0])]


def lookup(wanted: Iterable[str], available: frozenset[str]) -> str | None:
    """The first of `wanted` that is available, shortened as far as it must be.

    Args:
        available: in the usual case, such as `de` or `pt-BR`.
    """
    known = {it.lower(): it for it in available}
    candidates = (shorter for language in wanted for shorter in _shortened(language.lower()))
    return next((known[it] for it in candidates if it in known), None)


def _shortened(language: str) -> Iterator[str]:
    """`zh-hant-cn`, `zh-hant`, `zh`."""
    parts = language.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()  # a singleton says what kind of subtag would follow
