"""The signed list of revocations, and everything it must not be taken for."""

from typing import Any

import pytest

from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner
from hexkey.adapters.crypto.revocation_lists import (
    MAX_LIST_OCTETS,
    JwsRevocationListReader,
    JwsRevocationListSigner,
)
from hexkey.adapters.crypto.token_claims import MAX_SECONDS
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken
from tests.contracts.revocation_lists import RevocationListsContract, a_statement
from tests.support.issuing import ISSUER, Issuing, an_issuing
from tests.support.jose import playbook, read

SOMEBODY = "0000000a-0000-7000-8000-000000000001"


class TestJwsRevocationLists(RevocationListsContract):
    @pytest.fixture
    def list_signer(self, issuing: Issuing) -> JwsRevocationListSigner:
        return JwsRevocationListSigner(issuing.ring)

    @pytest.fixture
    def reader(self, issuing: Issuing) -> JwsRevocationListReader:
        return JwsRevocationListReader(issuing.ring, issuer=ISSUER)

    @pytest.fixture
    def stranger(self) -> JwsRevocationListSigner:
        another = an_issuing(SigningAlgorithm.ES256, secret=b"another deployment's secret, 32o")
        return JwsRevocationListSigner(another.ring)

    @pytest.fixture
    def token_signer(self, issuing: Issuing) -> PyJwtSigner:
        return issuing.signer

    def test_jw_05_is_no_access_token(
        self, issuing: Issuing, list_signer: JwsRevocationListSigner
    ) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(list_signer.sign(a_statement()))

    def test_jw_14_withstands_the_playbook(
        self, asymmetric: Issuing, list_signer: JwsRevocationListSigner
    ) -> None:
        signer = JwsRevocationListSigner(asymmetric.ring)
        reader = JwsRevocationListReader(asymmetric.ring, issuer=ISSUER)
        for _, forged in playbook(signer.sign(a_statement()), asymmetric.ring.published()[0]):
            with pytest.raises(InvalidToken):
                reader.read(forged)

    @pytest.mark.parametrize(
        "change",
        [
            *({"sessions": None}, {"sessions": []}, {"sessions": {"x": 1}}),
            *({"users": {SOMEBODY: "1"}}, {"users": 1}, {"users": {SOMEBODY.upper(): 1}}),
            *({"iat": True}, {"exp": "1"}, {"since": -1}, {"not_before": None}, {"iss": None}),
            *({"exp": MAX_SECONDS + 1}, {"iat": 1.0}, {"sessions": {f"{SOMEBODY}x": 1}}),
        ],
        ids=str,
    )
    def test_jw_06_has_every_member_of_exactly_its_type(
        self, issuing: Issuing, reader: JwsRevocationListReader, change: dict[str, Any]
    ) -> None:
        header, claims = read(JwsRevocationListSigner(issuing.ring).sign(a_statement()))
        good = issuing.signed(claims, **header)
        assert reader.read(good) == a_statement()

        with pytest.raises(InvalidToken):
            reader.read(issuing.signed({**claims, **change}, **header))
        for name in claims:
            less = {it: value for it, value in claims.items() if it != name}
            with pytest.raises(InvalidToken):
                reader.read(issuing.signed(less, **header))

    def test_jw_10_is_not_read_when_it_is_over_long(
        self, issuing: Issuing, reader: JwsRevocationListReader
    ) -> None:
        header, claims = read(JwsRevocationListSigner(issuing.ring).sign(a_statement()))
        shorter = {**claims, "padding": "x" * (MAX_LIST_OCTETS // 2)}
        assert reader.read(issuing.signed(shorter, **header)) == a_statement()

        with pytest.raises(InvalidToken):
            reader.read(issuing.signed({**claims, "padding": "x" * MAX_LIST_OCTETS}, **header))
