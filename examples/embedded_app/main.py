"""One process: your application, and Hexkey mounted under `/auth`."""

from typing import Annotated

from fastapi import Depends, FastAPI

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.security import Caller, Security

auth = create_app()  # settings from HEXKEY_... in the environment
security = Security.embedded(auth, prefix="/auth")
SignedIn = Annotated[Caller, Depends(security.current_user())]
Visitor = Annotated[Caller | None, Depends(security.current_user(optional=True))]
Writer = Annotated[Caller, Depends(security.current_user().with_scopes("notes:write"))]
Admin = Annotated[Caller, Depends(security.current_user().with_role("admin").fresh(minutes=5))]

app = FastAPI(title="An application with Hexkey inside", lifespan=security.lifespan)
app.mount("/auth", auth)
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
