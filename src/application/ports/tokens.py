"""Access tokens: signing them and believing them."""

from typing import Protocol

from hexkey.domain.sessions.access_token import AccessTokenClaims


class AccessTokenSigner(Protocol):
    """Turns claims into a bearer token."""

    def sign(self, claims: AccessTokenClaims) -> str:
        """A token that an `AccessTokenVerifier` of the same key ring reads back as `claims`.

        Raises:
            TemporarilyUnavailable: if there is no key to sign with yet.
        """
        ...


class AccessTokenVerifier(Protocol):
    """Reads bearer tokens, and believes only our own."""

    def verify(self, token: str) -> AccessTokenClaims:
        """The claims of a token that we signed for ourselves; its time is not checked.

        Raises:
            UnknownSigningKey: if it names a key that is not in the ring.
            InvalidToken: for anything else that is not exactly such a token.
        """
        ...
