"""The data files of `confusable-homoglyphs`, read without its module, which would keep them all."""

import json
from importlib.resources import files
from typing import Any

_ENTRY = {"c", "n"}  # a character and its name


def load_json(name: str) -> Any:
    """One of the package's files, with `{"c": character, "n": name}` reduced to the character."""
    text = (files("confusable_homoglyphs") / name).read_text("utf-8")
    return json.loads(text, object_hook=_without_names)


def _without_names(read: dict[str, Any]) -> Any:
    # While parsing, not after it: the names are most of the megabyte.
    return read["c"] if read.keys() == _ENTRY else read
