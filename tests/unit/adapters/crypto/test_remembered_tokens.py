import pytest

from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner
from hexkey.adapters.crypto.remembered_tokens import RememberedTokens
from hexkey.application.ports.tokens import AccessTokenVerifier
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import AccessTokenClaims, InvalidToken, UnknownSigningKey
from tests.contracts.access_tokens import AccessTokensContract
from tests.support.issuing import Issuing, a_signing_key, an_issuing, some_claims


class CountedVerifier(AccessTokenVerifier):
    """Passes on, and counts."""

    def __init__(self, verifier: AccessTokenVerifier) -> None:
        self.calls = 0
        self._verifier = verifier

    def verify(self, token: str) -> AccessTokenClaims:
        self.calls += 1
        return self._verifier.verify(token)


@pytest.fixture
def issuing() -> Issuing:
    return an_issuing(SigningAlgorithm.ES256)


@pytest.fixture
def counted(issuing: Issuing) -> CountedVerifier:
    return CountedVerifier(issuing.verifier)


@pytest.fixture
def remembered(issuing: Issuing, counted: CountedVerifier) -> RememberedTokens:
    return RememberedTokens(counted, issuing.ring, capacity=3)


class TestRememberedTokens(AccessTokensContract):
    @pytest.fixture
    def signer(self, issuing: Issuing) -> PyJwtSigner:
        return issuing.signer

    @pytest.fixture
    def verifier(self, remembered: RememberedTokens) -> RememberedTokens:
        return remembered

    @pytest.fixture
    def stranger(self) -> PyJwtSigner:
        return an_issuing(SigningAlgorithm.ES256, secret=b"another deployment's secret, 32o").signer

    def test_verifies_a_token_once(
        self, issuing: Issuing, counted: CountedVerifier, remembered: RememberedTokens
    ) -> None:
        token = issuing.signer.sign(some_claims())
        for _ in range(5):
            assert remembered.verify(token) == some_claims()

        assert counted.calls == 1

    def test_forgets_the_one_that_was_used_longest_ago(
        self, issuing: Issuing, counted: CountedVerifier, remembered: RememberedTokens
    ) -> None:
        tokens = [issuing.signer.sign(some_claims(client_id=str(n))) for n in range(4)]
        for token in (*tokens[:3], tokens[0], tokens[3]):
            remembered.verify(token)
        assert (counted.calls, len(remembered)) == (4, 3)

        remembered.verify(tokens[0])
        assert counted.calls == 4
        remembered.verify(tokens[1])
        assert counted.calls == 5

    def test_forgets_everything_when_the_keys_change(
        self, issuing: Issuing, remembered: RememberedTokens
    ) -> None:
        token = issuing.signer.sign(some_claims())
        remembered.verify(token)

        issuing.ring.load([a_signing_key(SigningAlgorithm.ES256, number=1)])

        with pytest.raises(UnknownSigningKey):
            remembered.verify(token)

    def test_remembers_over_a_reload_that_changed_nothing(
        self, issuing: Issuing, counted: CountedVerifier, remembered: RememberedTokens
    ) -> None:
        """Otherwise anybody could empty it once a second with a forged key id."""
        token = issuing.signer.sign(some_claims())
        remembered.verify(token)

        issuing.ring.load(list(issuing.ring.contents.stored))
        remembered.verify(token)

        assert counted.calls == 1

    def test_remembers_no_refusal_and_no_token(
        self, issuing: Issuing, remembered: RememberedTokens
    ) -> None:
        token = issuing.signer.sign(some_claims())
        for forged in (token[:-1], token + "A", "x", "é", "A" * 10_000):
            with pytest.raises(InvalidToken):
                remembered.verify(forged)
        assert len(remembered) == 0

        remembered.verify(token)
        kept = repr(vars(remembered))
        assert token not in kept
        assert token.rpartition(".")[2] not in kept

    def test_needs_room_for_one(self, issuing: Issuing) -> None:
        with pytest.raises(ValueError, match="no memory"):
            RememberedTokens(issuing.verifier, issuing.ring, capacity=0)
