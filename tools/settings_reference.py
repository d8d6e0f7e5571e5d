"""Write docs/reference/settings.md from the settings; `--check` only compares.

Usage: python tools/settings_reference.py [--check]
"""

import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

sys.path.insert(0, str(Path(__file__).parents[1]))  # where the project is not installed

from hexkey.entrypoints.settings import Settings, setting_name

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"
COMMAND = "python tools/settings_reference.py"

_INTRODUCTION = f"""\
# Settings

Environment variables, or lines of a file `.env` in the working directory; what the environment says
wins, and an empty value counts as none. Names are read in any case. A name that begins with
`HEXKEY_` and is not in this table is an error, with a suggestion. Durations are whole seconds,
booleans are `true` or `false` and nothing else, lists are separated by commas. `hexkey config show`
tells what is in force and where it comes from, with secrets masked.

With `HEXKEY_ENVIRONMENT=production` the service starts only if a master secret of its own is given
that is no placeholder, the public URL begins with `https://` (or is on loopback), the database is
not `memory://`, and no file with a secret or with the embedded database can be read by others.

This page is made by `{COMMAND}`.

"""
_HEAD = "| setting | default | values | meaning |\n|---|---|---|---|\n"
_WORDS: dict[Any, str] = {
    int: "whole number",
    str: "text",
    bool: "`true`, `false`",
    Path: "path",
    SecretStr: "secret",
    tuple: "list",
    dict: "list",
}


def page() -> str:
    """The whole page."""
    return _INTRODUCTION + _HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        cells = (f"`{setting_name(name)}`", _default(field), _values(field), field.description)
        yield f"| {' | '.join(str(cell) for cell in cells)} |\n"


def _default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return "none"
        case bool():
            return f"`{str(field.default).lower()}`"
        case Enum():
            return f"`{field.default.value}`"
        case "" | () | {}:
            return "empty"
    return f"`{field.default}`"


def _values(field: FieldInfo) -> str:
    kind = _kind(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    return _WORDS[get_origin(kind) or kind] + _bounds(field)


def _kind(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _kind(next(it for it in get_args(annotation) if it is not NoneType))
    return annotation


def _bounds(field: FieldInfo) -> str:
    least, most = _bound(field, "ge", "min_length"), _bound(field, "le", "max_length")
    if least is None:
        return ""
    unit = " characters" if _bound(field, "min_length") is not None else ""
    return f", {least} to {most}{unit}"


def _bound(field: FieldInfo, *names: str) -> Any:
    found = (getattr(it, name, None) for it in field.metadata for name in names)
    return next((it for it in found if it is not None), None)


def main() -> None:
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"docs/reference/settings.md is not what the settings are. Run: {COMMAND}")


if __name__ == "__main__":
    main()
