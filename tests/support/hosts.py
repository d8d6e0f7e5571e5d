"""An application that asks Hexkey who is calling: with Hexkey inside it, or elsewhere.

```python
with an_application("remote", tmp_path) as deployment:
    deployment.call("/me", deployment.sign_in("ada"))
```
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.security import Caller, Security
from hexkey.entrypoints.settings import Settings
from tests.support.server import run_program, running_server

Mode = Literal["embedded", "remote"]

PASSWORD = "a long walk in the rain"
SECRET = "a master secret of these tests, of some length"
SETTINGS = {"HEXKEY_MASTER_SECRET": SECRET, "HEXKEY_SCOPES": "notes:read,notes:write"}


@dataclass
class Deployment:
    """An application, and the Hexkey behind it.

    Attributes:
        app: a client of the application.
        auth: a client of Hexkey.
        prefix: where Hexkey stands, as `auth` sees it.
    """

    app: TestClient
    auth: Any
    prefix: str
    folder: Path

    def register(self, name: str) -> None:
        account = {"username": name, "password": PASSWORD}
        self.auth.post(f"{self.prefix}/users", json=account).raise_for_status()

    def sign_in(self, name: str, scope: str = "") -> str:
        form = {"username": name, "password": PASSWORD, "scope": scope}
        answer = self.auth.post(f"{self.prefix}/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])

    def call(self, path: str, token: str | None = None) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.app.get(path, headers=headers)

    def ask(self, method: str, path: str, token: str, **body: Any) -> Any:
        """A request to Hexkey itself."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.auth.request(method, f"{self.prefix}{path}", headers=headers, **body)
        return answer.raise_for_status()

    def run(self, *arguments: str) -> None:
        """A command on the server."""
        ended = run_program(*arguments, folder=self.folder, env=SETTINGS)
        assert ended.returncode == 0, ended.stderr


def host(security: Security) -> FastAPI:
    """Routes of somebody else, under every rule."""
    app = FastAPI(lifespan=security.lifespan)
    current = security.current_user()

    @app.get("/me")
    async def me(caller: Annotated[Caller, Depends(current)]) -> dict[str, Any]:
        scopes, roles = sorted(caller.scopes), sorted(caller.roles)
        return {"id": caller.id, "session": caller.session, "scopes": scopes, "roles": roles}

    @app.get("/perhaps")
    async def perhaps(
        caller: Annotated[Caller | None, Depends(security.current_user(optional=True))],
    ) -> str | None:
        return caller.id if caller else None

    rules = {
        "/write": current.with_scopes("notes:write"),
        "/both": current.with_scopes("notes:read", "notes:write"),
        "/admin": current.with_role("admin"),
        "/fresh": current.fresh(minutes=5),
        "/never-fresh-enough": current.fresh(minutes=0),
    }
    for path, rule in rules.items():
        app.get(path, dependencies=[Depends(rule)])(lambda: "welcome")
    return app


@contextmanager
def an_application(mode: Mode, folder: Path, **options: Any) -> Iterator[Deployment]:
    """One that runs while the block does.

    Args:
        options: of `Security.remote`.
    """
    if mode == "remote":
        with running_server(SETTINGS, folder=folder) as server:
            app = host(Security.remote(server.url, **options))
            with TestClient(app) as client, httpx2.Client(base_url=server.url) as auth:
                yield Deployment(client, auth, "", folder)
        return
    hexkey = create_app(
        Settings(
            _env_file=None,
            data_dir=folder / "data",
            master_secret=SecretStr(SECRET),
            scopes=("notes:read", "notes:write"),
            bcrypt_cost=10,
        )
    )
    app = host(Security.embedded(hexkey, prefix="/auth"))
    app.mount("/auth", hexkey)
    with TestClient(app) as client:
        yield Deployment(client, client, "/auth", folder)
