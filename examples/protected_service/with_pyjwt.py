"""A service of yours that knows who is calling, without asking Hexkey at every request.

It fetches Hexkey's public keys now and then and verifies access tokens with them (RFC 9068).
"""

import json
import os
import threading
import time
import urllib.request
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = os.environ.get("ISSUER", "http://127.0.0.1:8000")
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)
ALGORITHM = "ES256"  # what Hexkey is configured to sign with; never what a token says


class PublicKeys:
    """Hexkey's public keys, fetched again when they are old or a token names an unknown one.

    Strangers can invent key ids, so unknown ones cause at most one request a minute.
    """

    MAX_AGE = 300  # seconds, as the JWKS's own Cache-Control says
    PATIENCE = 60  # seconds between two requests on account of an unknown key

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key with that id."""
        with self._lock:
            age = time.monotonic() - self._fetched_at
            if age > (self.MAX_AGE if kid in self._keys else self.PATIENCE):
                self._fetch()
            return self._keys.get(kid)

    def _fetch(self) -> None:
        self._fetched_at = time.monotonic()
        try:
            with urllib.request.urlopen(self._url, timeout=5) as response:
                fetched = jwt.PyJWKSet.from_dict(json.load(response))
        except (OSError, ValueError, jwt.PyJWTError):
            return  # the keys we have still verify; new ones have to wait
        self._keys = {key.key_id: key for key in fetched.keys if key.key_id}


def verified(token: str, keys: PublicKeys) -> dict[str, Any]:
    """The claims of `token`.

    Raises:
        jwt.InvalidTokenError: unless every single thing about it is right.
    """
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":  # an ID token, say, is not an access token
        raise jwt.InvalidTokenError("not an access token")
    key = keys.find(str(header.get("kid")))
    if key is None:
        raise jwt.InvalidTokenError("signed by an unknown key")
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=30,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
    )


app = FastAPI(title="A protected service")
public_keys = PublicKeys(f"{ISSUER}/.well-known/jwks.json")
bearer = HTTPBearer(auto_error=False)


# `def`, not `async def`: fetching the keys may take a moment, and FastAPI gives it a thread.
def caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Any:
    """The claims of whoever is calling."""
    if credentials is None:
        raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    try:
        return verified(credentials.credentials, public_keys)
    except jwt.InvalidTokenError:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise HTTPException(401, "Invalid token", challenge) from None


def administrator(claims: Annotated[Any, Depends(caller)]) -> Any:
    """The same, and only if they hold the role."""
    if "admin" not in claims.get("roles", ()):
        raise HTTPException(403, "You are not allowed to do this.")
    return claims


@app.get("/notes")
def read_notes(claims: Annotated[Any, Depends(caller)]) -> dict[str, Any]:
    return {"owner": claims["sub"], "notes": []}


@app.delete("/notes")
def delete_all_notes(claims: Annotated[Any, Depends(administrator)]) -> dict[str, Any]:
    return {"deleted_by": claims["sub"]}
