"""Write docs/reference/openapi.json: the contract of the HTTP API, as the code has it now.

    python tools/pin_openapi.py [--check]

Everything optional is switched on but HTTP Basic, as in a server without settings.
"""

import json
import sys
from pathlib import Path

from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PINNED = ROOT / "docs" / "reference" / "openapi.json"


def document() -> str:
    """The document, in a form that shows well in a comparison."""
    app = create_app(Settings(_env_file=None, database_url=SecretStr("memory://")))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """The exit status: 1 if the pinned document is to be checked and is not the real one."""
    if "--check" not in arguments:
        PINNED.write_text(document())
        return 0
    if PINNED.exists() and PINNED.read_text() == document():
        return 0
    print(
        "docs/reference/openapi.json is not what the code serves. Look at the change: make openapi"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
