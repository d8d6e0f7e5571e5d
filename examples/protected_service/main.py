"""A service of yours that knows who is calling, without asking Hexkey at every request.

Keys and revocations of Hexkey are kept up to date in the background; a session that ends there is
refused here within a second.
"""

import os
from typing import Annotated

from fastapi import Depends, FastAPI

from hexkey.entrypoints.http.security import Caller, Security

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8000")
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)

security = Security.remote(ISSUER, audience=AUDIENCE)
SignedIn = Annotated[Caller, Depends(security.current_user())]
Visitor = Annotated[Caller | None, Depends(security.current_user(optional=True))]
Writer = Annotated[Caller, Depends(security.current_user().with_scopes("notes:write"))]
Admin = Annotated[Caller, Depends(security.current_user().with_role("admin").fresh(minutes=5))]

app = FastAPI(title="A protected service", lifespan=security.lifespan)
notes: dict[str, list[str]] = {}


@app.get("/")
async def greet(visitor: Visitor) -> dict[str, bool]:
    return {"signed_in": visitor is not None}


@app.get("/notes")
async def read_notes(caller: SignedIn) -> dict[str, str | list[str]]:
    return {"owner": caller.id, "notes": notes.get(caller.id, [])}


@app.post("/notes", status_code=201)
async def add_note(caller: Writer, text: str) -> None:
    notes.setdefault(caller.id, []).append(text)


@app.delete("/notes", status_code=204)
async def delete_all_notes(_: Admin) -> None:
    notes.clear()
