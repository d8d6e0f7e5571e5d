"""What every `AccessTokenSigner` and `AccessTokenVerifier` of one key ring promise."""

from abc import ABC, abstractmethod
from datetime import timedelta

import pytest

from hexkey.application.ports.tokens import AccessTokenSigner, AccessTokenVerifier
from hexkey.domain.sessions.access_token import MAX_TOKEN_OCTETS, InvalidToken, UnknownSigningKey
from tests.support.issuing import some_claims


class AccessTokensContract(ABC):
    """Subclass as `TestXxx`; provide `signer` and `verifier`, and a foreign `stranger`."""

    @abstractmethod
    def signer(self) -> AccessTokenSigner: ...

    @abstractmethod
    def verifier(self) -> AccessTokenVerifier: ...

    @abstractmethod
    def stranger(self) -> AccessTokenSigner: ...

    def test_believes_what_was_signed(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        claims = some_claims()

        assert verifier.verify(signer.sign(claims)) == claims

    def test_believes_it_again(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        token = signer.sign(some_claims())

        assert verifier.verify(token) == verifier.verify(token)

    def test_needs_neither_scopes_nor_roles(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        claims = some_claims(scopes=frozenset(), roles=frozenset())

        assert verifier.verify(signer.sign(claims)) == claims

    def test_jw_08_leaves_time_to_the_domain(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        for moved in (timedelta(days=-10_000), timedelta(days=10_000)):
            now = some_claims().issued_at + moved
            claims = some_claims(issued_at=now, expires_at=now + timedelta(seconds=1))

            assert verifier.verify(signer.sign(claims)) == claims

    def test_does_not_know_the_keys_of_others(
        self, stranger: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        with pytest.raises(UnknownSigningKey):
            verifier.verify(stranger.sign(some_claims()))

    @pytest.mark.parametrize("change", [{"issuer": "https://other"}, {"audience": "https://other"}])
    def test_jw_07_refuses_tokens_of_another_issuer_or_for_another_audience(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier, change: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidToken):
            verifier.verify(signer.sign(some_claims(**change)))

    @pytest.mark.parametrize(
        "junk", ["", ".", "..", "...", "a.b.c", "\0", "\ud800", "é.é.é", "null"]
    )
    def test_jw_09_refuses_junk(self, verifier: AccessTokenVerifier, junk: str) -> None:
        with pytest.raises(InvalidToken):
            verifier.verify(junk)

    def test_jw_10_refuses_what_is_over_long(
        self, signer: AccessTokenSigner, verifier: AccessTokenVerifier
    ) -> None:
        good = signer.sign(some_claims(client_id="x"))
        room = (MAX_TOKEN_OCTETS - len(good)) * 3 // 4
        just_fits = signer.sign(some_claims(client_id="x" * room))

        assert MAX_TOKEN_OCTETS - 4 <= len(just_fits) <= MAX_TOKEN_OCTETS
        assert verifier.verify(just_fits)
        with pytest.raises(InvalidToken):
            verifier.verify(signer.sign(some_claims(client_id="x" * (room + 10))))
