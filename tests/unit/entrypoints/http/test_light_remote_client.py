"""A resource server pays for what it uses: neither a database nor a container."""

import json
import subprocess
import sys

_REMOTE = """
import json, sys
from hexkey.entrypoints.http.security import Security
Security.remote("https://auth.example.com").current_user().with_scopes("notes:read")
print(json.dumps(sorted(sys.modules)))
"""
OF_A_SERVER = {
    "sqlalchemy",
    "alembic",
    "dependency_injector",
    "pydantic_settings",
    "uvicorn",
    "hexkey.entrypoints.settings",
    "hexkey.entrypoints.container",
    "hexkey.entrypoints.http.app",
}


class TestARemoteClient:
    def test_loads_nothing_of_a_server(self) -> None:
        loaded = subprocess.run(
            [sys.executable, "-c", _REMOTE], capture_output=True, text=True, check=True
        )

        modules = set(json.loads(loaded.stdout))
        assert "hexkey.entrypoints.http.remote" in modules
        assert not OF_A_SERVER & modules
