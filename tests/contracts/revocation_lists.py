"""What `RevocationListSigner` and `RevocationListReader` of the same keys promise."""

from abc import ABC, abstractmethod
from datetime import timedelta

import pytest

from hexkey.application.ports.revocation_lists import RevocationListReader, RevocationListSigner
from hexkey.application.ports.tokens import AccessTokenSigner
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import InvalidToken, UnknownSigningKey
from hexkey.domain.sessions.revocation_list import (
    MOST_LISTED,
    RevocationList,
    RevocationStatement,
)
from tests.support.doubles import START, CountingIds
from tests.support.issuing import ISSUER, some_claims

SECOND = timedelta(seconds=1)


def a_statement(revoked: RevocationList | None = None, issuer: str = ISSUER) -> RevocationStatement:
    listed = revoked or RevocationList(
        sessions={SessionId(CountingIds().new()): START - SECOND},
        users={UserId(CountingIds().new()): START + SECOND},
    )
    return RevocationStatement.made(listed, issuer=issuer, since=START - 900 * SECOND, now=START)


class RevocationListsContract(ABC):
    """Subclass as `TestXxx`; provide `list_signer`, `reader`, and a `stranger`."""

    @abstractmethod
    def list_signer(self) -> RevocationListSigner: ...

    @abstractmethod
    def reader(self) -> RevocationListReader: ...

    @abstractmethod
    def stranger(self) -> RevocationListSigner: ...

    @abstractmethod
    def token_signer(self) -> AccessTokenSigner: ...

    @pytest.mark.parametrize(
        "revoked", [None, RevocationList(), RevocationList(not_before=START)], ids=str
    )
    def test_reads_what_was_signed(
        self,
        list_signer: RevocationListSigner,
        reader: RevocationListReader,
        revoked: RevocationList | None,
    ) -> None:
        statement = a_statement(revoked)

        assert reader.read(list_signer.sign(statement)) == statement

    def test_reads_the_longest_there_is(
        self, list_signer: RevocationListSigner, reader: RevocationListReader
    ) -> None:
        ids = CountingIds()
        sessions = {SessionId(ids.new()): START for _ in range(MOST_LISTED)}
        users = {UserId(ids.new()): START for _ in range(MOST_LISTED)}
        statement = a_statement(RevocationList(sessions=sessions, users=users, not_before=START))

        assert reader.read(list_signer.sign(statement)) == statement

    def test_jw_07_refuses_that_of_another_issuer(
        self, list_signer: RevocationListSigner, reader: RevocationListReader
    ) -> None:
        with pytest.raises(InvalidToken):
            reader.read(list_signer.sign(a_statement(issuer="https://elsewhere.example")))

    def test_does_not_know_the_keys_of_others(
        self, stranger: RevocationListSigner, reader: RevocationListReader
    ) -> None:
        with pytest.raises(UnknownSigningKey):
            reader.read(stranger.sign(a_statement()))

    def test_jw_05_takes_no_access_token_for_a_list(
        self, token_signer: AccessTokenSigner, reader: RevocationListReader
    ) -> None:
        with pytest.raises(InvalidToken):
            reader.read(token_signer.sign(some_claims()))

    @pytest.mark.parametrize("junk", ["", ".", "a.b.c", "\0", "é.é.é", "null", "{}"])
    def test_jw_09_refuses_junk(self, reader: RevocationListReader, junk: str) -> None:
        with pytest.raises(InvalidToken):
            reader.read(junk)


RevocationListSignerContract = RevocationListReaderContract = RevocationListsContract
