"""JW-08, TK-07: what the tokens of a session say, to the second, and how long they say it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.refresh_tokens import KeyedRefreshTokens
from hexkey.application.ports.sessions import SignedIn
from hexkey.application.ports.tokens import AccessTokenSigner
from hexkey.application.sessions.tokens import IssuedTokens, IssueTokens, TokenPolicy
from hexkey.domain.access import ADMIN
from hexkey.domain.sessions.access_token import AccessTokenClaims
from tests.support.builders import a_session, a_user
from tests.support.doubles import START, CountingIds

MINUTE, SECOND, TICK = timedelta(minutes=1), timedelta(seconds=1), timedelta(milliseconds=1)
REFRESH_TOKENS = KeyedRefreshTokens(DerivedKeys(MasterSecret(b"s" * 32)))
POLICY = TokenPolicy(
    issuer="https://auth.example",
    audience="https://api.example",
    client_id="hexkey",
    lifetime=15 * MINUTE,
    scopes=frozenset(("openid",)),
)


class Notary(AccessTokenSigner):
    """Keeps what it signs."""

    def __init__(self) -> None:
        self.signed: list[AccessTokenClaims] = []

    def sign(self, claims: AccessTokenClaims) -> str:
        self.signed.append(claims)
        return f"token {len(self.signed)}"


def issued(signed_in: SignedIn, *, now: datetime) -> tuple[IssuedTokens, AccessTokenClaims]:
    notary = Notary()
    issue = IssueTokens(
        signer=notary, refresh_tokens=REFRESH_TOKENS, ids=CountingIds(), policy=POLICY
    )
    return issue(signed_in, refresh_number=7, now=now), notary.signed[0]


def signed_in(*, leaving: bool = False, lifetime: timedelta = 60 * MINUTE) -> SignedIn:
    user = a_user(roles=frozenset((ADMIN,)))
    session = a_session(user=user, lifetime=lifetime, scopes=frozenset(("openid",)))
    session = replace(session, authenticated_at=START - SECOND / 2)
    user = user.leaving(erase_at=START, now=START) if leaving else user
    return SignedIn(session=session, user=user)


class TestIssueTokens:
    @pytest.mark.parametrize("leaving", [True, False])
    def test_tk_07_say_who_what_and_since_when(self, leaving: bool) -> None:
        """TK-07: and nothing that only those may do who stay."""
        who = signed_in(leaving=leaving)
        tokens, claims = issued(who, now=START + 789 * TICK)

        assert claims == AccessTokenClaims(
            id=claims.id,
            issuer="https://auth.example",
            audience="https://api.example",
            subject=who.user.id,
            client_id="hexkey",
            session=who.session.id,
            issued_at=START,
            expires_at=START + 15 * MINUTE,
            scopes=frozenset() if leaving else frozenset(("openid",)),
            roles=frozenset() if leaving else frozenset((ADMIN,)),
            authenticated_at=START - SECOND,
        )
        assert tokens == IssuedTokens(
            access_token="token 1",
            refresh_token=REFRESH_TOKENS.write(who.session.id, 7),
            expires_in=15 * MINUTE,
            scopes=claims.scopes,
            session=who.session.id,
            device_token=None,
        )

    @pytest.mark.parametrize(
        ("lifetime", "end"),
        [
            (15 * MINUTE + TICK, 15 * MINUTE),
            (15 * MINUTE, 15 * MINUTE),
            (15 * MINUTE - TICK, 15 * MINUTE),
            (15 * MINUTE - SECOND, 15 * MINUTE - SECOND),
            (14 * MINUTE + TICK, 14 * MINUTE + SECOND),
        ],
        ids=str,
    )
    def test_se_04_end_with_the_session_in_whole_seconds(
        self, lifetime: timedelta, end: timedelta
    ) -> None:
        """SE-04: who verifies offline knows of no session; never earlier than it ends."""
        tokens, claims = issued(signed_in(lifetime=lifetime), now=START)

        assert (claims.expires_at, tokens.expires_in) == (START + end, end)

    def test_pw_12_show_no_secret_by_accident(self) -> None:
        tokens, _ = issued(signed_in(), now=START)
        tokens = replace(tokens, device_token="a device token")

        for secret in (tokens.access_token, tokens.refresh_token, "a device token"):
            assert secret not in repr(tokens)
