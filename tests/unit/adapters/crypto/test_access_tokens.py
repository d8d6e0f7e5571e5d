"""The rules for believing a token, each attacked from where it was once broken."""

import json
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from jwt import PyJWS

from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken, TokenExpired, UnknownSigningKey
from tests.contracts.access_tokens import AccessTokensContract
from tests.support.issuing import (
    AUDIENCE,
    ISSUER,
    REQUIRED,
    Issuing,
    an_issuing,
    claims_json,
    some_claims,
)
from tests.support.jose import forge, playbook, public_key_encodings, read

OTHER_TYPES = [
    *("JWT", "jwt", "AT+JWT", "at+JWT", "application/at+jwt", "logout+jwt", "dpop+jwt", "id+jwt"),
    *("", " at+jwt", "at+jwt ", "at+jwt\0", "secevent+jwt", "evil"),
]


class TestPyJwtTokens(AccessTokensContract):
    @pytest.fixture
    def signer(self, issuing: Issuing) -> PyJwtSigner:
        return issuing.signer

    @pytest.fixture
    def verifier(self, issuing: Issuing) -> PyJwtVerifier:
        return issuing.verifier

    @pytest.fixture
    def stranger(self) -> PyJwtSigner:
        return an_issuing(SigningAlgorithm.ES256, secret=b"another deployment's secret, 32o").signer

    def test_writes_rfc_9068(self, issuing: Issuing) -> None:
        header, claims = read(issuing.signer.sign(some_claims()))

        assert header == {
            "alg": issuing.ring.contents.by_id[issuing.key_id].algorithm.value,  # type: ignore[index] # a KeyId
            "typ": "at+jwt",
            "kid": issuing.key_id,
        }
        assert list(claims) == [*REQUIRED, "roles", "scope"]
        assert (claims["scope"], claims["roles"]) == ("email profile", ["admin", "editor"])
        assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
        assert (claims["exp"] - claims["iat"], type(claims["exp"])) == (900, int)

    def test_cannot_sign_before_there_is_a_key(self, asymmetric: Issuing) -> None:
        asymmetric.ring.load([])

        with pytest.raises(TemporarilyUnavailable):
            asymmetric.signer.sign(some_claims())


class TestSignature:
    def test_jw_01_refuses_every_spelling_of_none_and_an_empty_signature(
        self, asymmetric: Issuing
    ) -> None:
        """JW-01, P7: `none` in 16 spellings, with and without the old signature."""
        token = asymmetric.signer.sign(some_claims())
        attacks = [a for a in playbook(token, asymmetric.ring.published()[0]) if "alg" in a[0]]

        assert len([name for name, _ in attacks if name.lower() == "alg none"]) == 16
        for name, forged in attacks:
            with pytest.raises(InvalidToken):
                pytest.fail(f"{name}: {asymmetric.verifier.verify(forged)}")

    def test_jw_02_refuses_the_public_key_as_a_secret(self, asymmetric: Issuing) -> None:
        """JW-02, P1 to P4, P11: in every encoding, the empty one included."""
        encodings = public_key_encodings(asymmetric.ring.published()[0])
        assert len(encodings) >= 14

        for name, secret in encodings.items():
            forged = forge({**asymmetric.header(), "alg": "HS256"}, claims_json(), secret)
            with pytest.raises(InvalidToken):
                pytest.fail(f"{name}: {asymmetric.verifier.verify(forged)}")

    def test_jw_02_holds_where_a_shared_secret_is_configured_as_well(self) -> None:
        """P6, CVE-2026-48523: the key decides the algorithm, whatever the allow-list says."""
        both = an_issuing(SigningAlgorithm.HS256)
        asymmetric = an_issuing(SigningAlgorithm.ES256)
        both.ring.load(asymmetric.ring.contents.stored)
        assert both.verifier.verify(asymmetric.signer.sign(some_claims()))

        for secret in public_key_encodings(asymmetric.ring.published()[0]).values():
            for kid in (asymmetric.key_id, both.key_id):
                forged = forge({"alg": "HS256", "typ": "at+jwt", "kid": kid}, claims_json(), secret)
                with pytest.raises(InvalidToken):
                    both.verifier.verify(forged)

    def test_p6_refuses_another_algorithm_than_the_key_has(self, issuing: Issuing) -> None:
        for alg in ("ES256", "EdDSA", "RS256", "HS256", "ES384", "PS256", "RS512", "HS512", "none"):
            if alg != issuing.header()["alg"]:
                with pytest.raises(InvalidToken):
                    issuing.verifier.verify(issuing.signed(claims_json(), alg=alg))

    def test_p6_does_not_leave_that_to_the_library(
        self, issuing: Issuing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """P6: PyJWT 2.9 to 2.12 let it pass."""
        payload = json.dumps(claims_json()).encode()
        monkeypatch.setattr(PyJWS, "decode", lambda *_, **__: payload)
        assert issuing.verifier.verify(issuing.signed(claims_json()))

        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(claims_json(), alg="ES512"))

    def test_jw_14_withstands_the_playbook(self, asymmetric: Issuing) -> None:
        """JW-14, JW-03, JW-04, P5, P8, P9: and the original token works after each attack."""
        token = asymmetric.signer.sign(some_claims())
        attacks = list(playbook(token, asymmetric.ring.published()[0]))
        assert len(attacks) > 250

        for name, forged in attacks:
            with pytest.raises(InvalidToken):
                pytest.fail(f"{name}: {asymmetric.verifier.verify(forged)}")
            assert asymmetric.verifier.verify(token)

    def test_jw_14_withstands_guesses_of_the_shared_secret(self) -> None:
        shared = an_issuing(SigningAlgorithm.HS256)
        for guess in (b"", b"\0", b"secret", b"0" * 32, b"a master secret for tests, 32 oct"):
            with pytest.raises(InvalidToken):
                shared.verifier.verify(forge(shared.header(), claims_json(), guess))


class TestHeader:
    @pytest.mark.parametrize(
        "member",
        [
            *({"crit": ["x"], "x": 1}, {"crit": []}, {"crit": ["alg"]}, {"crit": ["exp"]}),
            *({"b64": False, "crit": ["b64"]}, {"b64": True}, {"b64": False}),
            *({"jwk": {}}, {"jku": "http://127.0.0.1"}, {"x5u": "http://127.0.0.1"}, {"x5c": []}),
            *({"zip": "DEF"}, {"enc": "A128GCM"}, {"cty": "JWT"}, {"x": 1}, {"Kid": "x"}),
        ],
    )
    def test_jw_03_obeys_no_member_but_three(
        self, issuing: Issuing, member: dict[str, Any]
    ) -> None:
        """JW-03, JW-11, P5: even when we signed it ourselves."""
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(claims_json(), **member))

    @pytest.mark.parametrize("name", ["alg", "typ", "kid"])
    def test_jw_03_needs_all_three(self, issuing: Issuing, name: str) -> None:
        header = {k: v for k, v in issuing.header().items() if k != name}

        with pytest.raises(InvalidToken):
            issuing.verifier.verify(forge(header, claims_json(), issuing.private_key))

    @pytest.mark.parametrize(
        "kid", ["", "\0", "/dev/null", "../../x", "' OR 1=1", "x", "k" * 42, "k" * 44, None, [], 1]
    )
    def test_jw_04_takes_only_what_can_be_a_key_of_ours(self, issuing: Issuing, kid: Any) -> None:
        """JW-04: and causes no reload for what cannot."""
        with pytest.raises(InvalidToken) as refusal:
            issuing.verifier.verify(issuing.signed(claims_json(), kid=kid))

        assert not isinstance(refusal.value, UnknownSigningKey)

    def test_jw_04_says_when_it_does_not_know_a_key(self, issuing: Issuing) -> None:
        with pytest.raises(UnknownSigningKey):
            issuing.verifier.verify(issuing.signed(claims_json(), kid="k" * 43))

    @pytest.mark.parametrize("type_", [*OTHER_TYPES, None, 1, ["at+jwt"], {}])
    def test_jw_05_is_an_access_token_and_nothing_else(self, issuing: Issuing, type_: Any) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(claims_json(), typ=type_))

    def test_jw_09_refuses_duplicate_members(self, issuing: Issuing) -> None:
        """JW-09, X13: which one counts depends on the parser."""
        alg, kid = issuing.header()["alg"], issuing.key_id
        for text in (
            f'{{"alg":"none","alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}',
            f'{{"alg":"{alg}","typ":"at+jwt","kid":"x","kid":"{kid}"}}',
            f'{{"alg":"{alg}","typ":"JWT","typ":"at+jwt","kid":"{kid}"}}',
            f'{{"alg":"{alg}","\\u0061lg":"{alg}","typ":"at+jwt","kid":"{kid}"}}',
        ):
            with pytest.raises(InvalidToken):
                issuing.verifier.verify(forge(text, claims_json(), issuing.private_key))

    def test_jw_09_reads_json_as_utf_8_only(self, issuing: Issuing) -> None:
        text = json.dumps(issuing.header())
        for octets in (text.encode("utf-16"), text.encode("utf-8-sig"), b"\xff" + text.encode()):
            with pytest.raises(InvalidToken):
                issuing.verifier.verify(forge(octets, claims_json(), issuing.private_key))


class TestClaims:
    @pytest.mark.parametrize("name", REQUIRED)
    def test_jw_06_needs_each(self, issuing: Issuing, name: str) -> None:
        claims = {k: v for k, v in claims_json().items() if k != name}

        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(claims))

    @pytest.mark.parametrize("name", ["exp", "iat"])
    @pytest.mark.parametrize(
        "value",
        [
            *(
                '"123"',
                "true",
                "false",
                "null",
                "[]",
                "{}",
                "NaN",
                "Infinity",
                "-Infinity",
                "1e400",
            ),
            *("18446744073709551616", "-1", "1.5", "1767268800.0", "1e9", "253402300800", '""'),
            *("9007199254740993", "-0.0", "9" * 5000),
        ],
    )
    def test_jw_06_takes_only_whole_seconds(self, issuing: Issuing, name: str, value: str) -> None:
        """JW-06, X13."""
        text = json.dumps({**claims_json(), name: 0}).replace(f'"{name}": 0', f'"{name}": {value}')

        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(text))

    @pytest.mark.parametrize("name", ["iss", "sub", "aud", "jti", "client_id", "sid"])
    @pytest.mark.parametrize("value", [None, True, 1, 1.5, [], {}, "", ["x"], {"x": "y"}])
    def test_jw_06_takes_only_text_for_names(
        self, issuing: Issuing, name: str, value: object
    ) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed({**claims_json(), name: value}))

    @pytest.mark.parametrize("name", ["sub", "jti", "sid"])
    @pytest.mark.parametrize(
        "value",
        [
            *("1", "admin", "' OR 1=1", "00000000-0000-7000-8000-00000000000", "x" * 36),
            *("00000000-0000-7000-8000-0000000000AB", "{00000000-0000-7000-8000-000000000001}"),
            *("00000000-0000-7000-8000-000000000001\n", "٠0000000-0000-7000-8000-000000000001"),
        ],
    )
    def test_jw_06_takes_only_canonical_ids(self, issuing: Issuing, name: str, value: str) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed({**claims_json(), name: value}))

    @pytest.mark.parametrize(
        "change",
        [
            *({"scope": None}, {"scope": 1}, {"scope": ["x"]}, {"scope": ""}, {"scope": "a  b"}),
            *({"roles": None}, {"roles": "admin"}, {"roles": [1]}, {"roles": [None]}),
            *({"roles": {"admin": True}}, {"roles": [["admin"]]}, {"roles": [""]}),
        ],
    )
    def test_jw_06_takes_only_lists_of_names(
        self, issuing: Issuing, change: dict[str, object]
    ) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed({**claims_json(), **change}))

    @pytest.mark.parametrize(
        "change",
        [
            *(
                {"iss": ISSUER + "/"},
                {"iss": ISSUER.upper()},
                {"iss": [ISSUER]},
                {"iss": " " + ISSUER},
            ),
            *({"aud": AUDIENCE + "/"}, {"aud": [AUDIENCE]}, {"aud": [AUDIENCE, "x"]}),
            *({"aud": f"{AUDIENCE} x"}, {"aud": ISSUER}, {"iss": AUDIENCE}),
        ],
    )
    def test_jw_07_matches_issuer_and_audience_exactly(
        self, issuing: Issuing, change: dict[str, object]
    ) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed({**claims_json(), **change}))

    @pytest.mark.parametrize("change", [{"nbf": 0}, {"nbf": 2**40}, {"cnf": {"jkt": "x"}}])
    def test_jw_08_refuses_restrictions_that_it_does_not_check(
        self, issuing: Issuing, change: dict[str, object]
    ) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed({**claims_json(), **change}))

    def test_ignores_claims_that_newer_instances_may_add(self, issuing: Issuing) -> None:
        claims = {**claims_json(), "acr": "aal2", "amr": ["pwd"]}

        assert issuing.verifier.verify(issuing.signed(claims)) == some_claims()

    def test_jw_09_refuses_duplicate_claims(self, issuing: Issuing) -> None:
        text = json.dumps(claims_json())
        for twice in (
            text[:-1] + ', "sub": "00000000-0000-7000-8000-000000000009"}',
            text[:-1] + ', "roles": ["admin", "root"]}',
            text[:-1] + ', "x": {"y": 1, "y": 2}}',
        ):
            with pytest.raises(InvalidToken):
                issuing.verifier.verify(issuing.signed(twice))

    @pytest.mark.parametrize(
        "text",
        [
            *("", "null", "[]", '"x"', "1", "{", "{}{}", "{} x", "\ufeff{}", "{'iss': 1}", "{,}"),
            *('{"iss"}', '{"x": 1e999}', '{"x": NaN}', "[" * 3000, '{"x":' * 500 + "1" + "}" * 500),
        ],
    )
    def test_jw_09_refuses_what_is_no_object(self, issuing: Issuing, text: str) -> None:
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(text))

    def test_jw_09_bounds_depth_but_not_brackets_in_names(self, issuing: Issuing) -> None:
        names = some_claims(scopes=frozenset({"[[[[{{{{[[[[", '\\"[]{}'[2:]}))
        deep = {**claims_json(), "x": json.loads("[" * 9 + "]" * 9)}

        assert issuing.verifier.verify(issuing.signer.sign(names)) == names
        with pytest.raises(InvalidToken):
            issuing.verifier.verify(issuing.signed(deep))


class TestTime:
    @pytest.mark.parametrize(
        ("after_expiry", "refusal"), [(-1, None), (29, None), (30, TokenExpired)]
    )
    def test_jw_08_forgives_half_a_minute_after_the_end(
        self, issuing: Issuing, after_expiry: int, refusal: type[InvalidToken] | None
    ) -> None:
        claims = issuing.verifier.verify(issuing.signer.sign(some_claims()))
        now = claims.expires_at + timedelta(seconds=after_expiry)

        with pytest.raises(refusal) if refusal else nullcontext():
            claims.ensure_current(now=now)

    @pytest.mark.parametrize(
        ("before_issue", "refusal"), [(0, None), (30, None), (31, InvalidToken)]
    )
    def test_jw_08_forgives_half_a_minute_before_the_beginning(
        self, issuing: Issuing, before_issue: int, refusal: type[InvalidToken] | None
    ) -> None:
        claims = issuing.verifier.verify(issuing.signer.sign(some_claims()))
        now = claims.issued_at - timedelta(seconds=before_issue)

        with pytest.raises(refusal) if refusal else nullcontext():
            claims.ensure_current(now=now)
