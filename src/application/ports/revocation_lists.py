"""The signed list of what is refused, and believing it."""

from typing import Protocol

from hexkey.domain.sessions.revocation_list import RevocationStatement


class RevocationListSigner(Protocol):
    """Turns a statement into a text that anybody who knows the public keys can check."""

    def sign(self, statement: RevocationStatement) -> str:
        """A text that a `RevocationListReader` with the same keys reads back as `statement`.

        Raises:
            TemporarilyUnavailable: if there is no key to sign with yet.
        """
        ...


class RevocationListReader(Protocol):
    """Reads statements of one issuer, and no other's."""

    def read(self, text: str) -> RevocationStatement:
        """The statement that the issuer signed; its time is not checked.

        Raises:
            UnknownSigningKey: if it names a key that is not known.
            InvalidToken: for anything else that is not exactly such a statement.
        """
        ...
