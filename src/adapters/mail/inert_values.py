"""Values for templates that can do nothing but be read."""

import re
from collections.abc import Mapping

from hexkey.domain.text import is_plain

MAX_SUBJECT_LENGTH = 200  # code points
MAX_VALUE_LENGTH = 300  # code points; an address has at most 254

# What mail programs make into a link by themselves. A name is chosen by a stranger, and the
# recipient of a confirmation did not ask for it: no advertisement may travel there.
_BECOMES_LINK = re.compile(r"[/@:]|www\.|\.[^\W\d_]{2,}", re.IGNORECASE)


def inert(values: Mapping[str, str]) -> dict[str, str]:
    """`values` on one line each and of bounded length; a name that reads like a link is dropped.

    Links are ours and stay whole.
    """
    result = {
        name: one_line(value, most=len(value) if name.endswith("link") else MAX_VALUE_LENGTH)
        for name, value in values.items()
    }
    if _BECOMES_LINK.search(result.get("user_name", "")):
        result["user_name"] = ""
    return result


def one_line(text: str, *, most: int) -> str:
    """`text` without line ends, controls and what changes the direction of writing."""
    kept = text if is_plain(text) else "".join(it if is_plain(it) else " " for it in text)
    words = " ".join(kept.split())
    return words if len(words) <= most else words[: most - 1] + "…"
