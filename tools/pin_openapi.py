"""Write docs/reference/openapi.json and docs/reference/errors.md as the code is now.

Both are reviewed like code: a change of theirs is a change of the contract.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.problems import STATUS, status_of
from hexkey.entrypoints.settings import Settings

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

_HEAD = """# Errors

Every refusal is an RFC 9457 problem (`application/problem+json`); `code` is stable, `detail` is the
sentence below. This page is generated: `make openapi`.

| status | code | sentence |
|---|---|---|
"""


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    (REFERENCE / "openapi.json").write_text(openapi_document())
    (REFERENCE / "errors.md").write_text(errors_page())


def openapi_document() -> str:
    """With every setting at its default; the version of the program is not the contract's."""
    settings = Settings(_env_file=None, database_url="memory://")
    document = create_app(settings).openapi()
    document["info"]["version"] = "0"
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def errors_page() -> str:
    """One row for each code and sentence, in the order of statuses."""
    rows = {(int(status_of(it)), it.code, it.message) for it in errors()}
    return _HEAD + "".join(f"| {s} | `{code}` | {message} |\n" for s, code, message in sorted(rows))


def errors(kind: type[HexkeyError] = HexkeyError) -> Iterator[type[HexkeyError]]:
    """Every refusal that can reach a client; not those of the command line alone."""
    for error in kind.__subclasses__():
        if any(it in STATUS for it in error.__mro__) and hasattr(error, "code"):
            yield error
        yield from errors(error)


if __name__ == "__main__":
    main()
