"""The data files of `confusable-homoglyphs`, read without its module, which would keep them all."""

import json
from importlib.resources import files
from typing import Any


def load_json(name: str) -> Any:
    """One of the package's files; the caller keeps what it needs and drops the rest."""
    return json.loads((files("confusable_homoglyphs") / name).read_text("utf-8"))
