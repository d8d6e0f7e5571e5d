"""The floor: what an empty FastAPI route costs, which nothing built on FastAPI can undercut."""

from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.get("/users/me")
async def me() -> dict[str, str]:
    return {"username": "user1"}
