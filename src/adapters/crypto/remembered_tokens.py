"""Remembering which tokens were verified, because checking a signature is most of a request."""

import hashlib
from collections import OrderedDict

from hexkey.adapters.crypto.typed_jws import VerifyingKeys
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.domain.sessions.access_token import (
    MAX_TOKEN_OCTETS,
    AccessTokenClaims,
    InvalidToken,
)

DEFAULT_CAPACITY = 8192  # tokens; 11.5 MiB when full


class RememberedTokens(AccessTokenVerifier):
    """Verifies each token once, until the keys change or newer tokens push it out.

    What is remembered cannot become wrong: time and session are checked anew by whoever asks.
    The tokens themselves are not kept, only their digests.

    Args:
        capacity: tokens, at least 1.
    """

    def __init__(
        self,
        verifier: AccessTokenVerifier,
        keys: VerifyingKeys,
        *,
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        if capacity < 1:
            raise ValueError("a memory of nothing is no memory")
        self._verifier = verifier
        self._source = keys
        self._capacity = capacity
        self._verified: OrderedDict[bytes, AccessTokenClaims] = OrderedDict()
        self._keys = keys.contents

    def __len__(self) -> int:
        return len(self._verified)

    def verify(self, token: str) -> AccessTokenClaims:
        if len(token) > MAX_TOKEN_OCTETS or not token.isascii():
            raise InvalidToken
        if self._keys is not self._source.contents:
            self._keys = self._source.contents
            self._verified = OrderedDict()
        verified = self._verified
        digest = hashlib.sha256(token.encode("ascii")).digest()
        claims = verified.get(digest)
        if claims is not None:
            verified.move_to_end(digest)
            return claims
        claims = verified[digest] = self._verifier.verify(token)
        if len(verified) > self._capacity:
            verified.popitem(last=False)
        return claims
