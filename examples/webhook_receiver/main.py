"""An application that hears from Hexkey what happens to accounts, and believes nobody else.

Messages are signed as Standard Webhooks says. The same message may come twice, and not always in
order: its id tells whether it was seen, and the user in it is as of its time stamp.
"""

import os
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from standardwebhooks import Webhook, WebhookVerificationError

MAX_OCTETS = 64 * 1024

webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # as `hexkey webhooks add` showed it
app = FastAPI(title="A webhook receiver")
users: dict[str, dict[str, Any]] = {}
heard: dict[str, str] = {}  # in a real application: a table, in the transaction of the deed


@app.post("/hexkey", status_code=204)
async def hear(request: Request) -> None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_OCTETS:
            raise HTTPException(413)
    try:
        message = webhook.verify(bytes(body), dict(request.headers))
    except (WebhookVerificationError, ValueError):
        raise HTTPException(401) from None
    if request.headers["webhook-id"] not in heard:
        heard[request.headers["webhook-id"]] = message["type"]
        note(message["type"], message["timestamp"], message["data"])


def note(kind: str, at: str, data: dict[str, Any]) -> None:
    if kind == "user.deleted":
        users.pop(data["user_id"], None)
    elif "user" in data and at >= users.get(data["user"]["id"], {}).get("at", ""):
        users[data["user"]["id"]] = {"at": at, **data["user"]}


@app.get("/heard")
async def read() -> dict[str, Any]:
    return {"users": users, "messages": heard}
