"""Write a software bill of materials: what a run-time environment is made of (SU-01).

    python tools/sbom.py

CycloneDX 1.6 in JSON, from the run-time lock. The same lock gives the same bytes.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import hexkey
from tools.check_locks import ROOT, RUN_TIME, hashes, pins

TARGET = ROOT / "dist" / "hexkey.cdx.json"


def document() -> dict[str, Any]:
    """The bill, as CycloneDX wants it."""
    digests = hashes(RUN_TIME)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component("application", "hexkey", hexkey.__version__)},
        "components": [
            {
                **_component("library", name, version),
                # The files that an index may offer for this version; each is one of these.
                "properties": [{"name": "hash:sha256", "value": it} for it in digests[name]],
            }
            for name, version in pins(RUN_TIME).items()
        ],
    }


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(document(), indent=2) + "\n")
    print(TARGET.relative_to(ROOT))
