"""bcrypt, in the two encodings that Hexkey reads and the one it writes."""

import base64
import hashlib
import hmac
import re
import string

import bcrypt

from hexkey.adapters.crypto.system import random_octets

MAX_PLAIN_OCTETS = 72  # bcrypt ignores what comes after; so two passwords would become one

_WRAPPED = re.compile(
    r"\$bcrypt-sha256\$v=2,t=2b,r=(1?[0-9])\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})"
)
_WRAPPED_SCHEME = re.compile(r"\$bcrypt-sha256\$v=2,t=2b,r=(1?[0-9])\$")
_PLAIN = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_PLAIN_SCHEME = re.compile(r"\$2[aby]\$([0-9]{2})\$")

# Cheaper than 4 does not exist, dearer than 16 takes longer than anybody waits.
_VERIFIABLE_COSTS = range(4, 17)

_TO_BCRYPT_ALPHABET = str.maketrans(
    string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/",
    "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits,
)


class BcryptSha256:
    """bcrypt over HMAC-SHA-256(salt, password), in the `$bcrypt-sha256$v=2` format of passlib.

    The HMAC keeps any password inside bcrypt's 72 octets; base64 keeps NUL octets out; keying it
    with the salt keeps digests leaked elsewhere from being tried here ("password shucking").
    """

    @staticmethod
    def scheme(cost: int) -> str:
        """The scheme of hashes with 2^`cost` rounds."""
        return f"$bcrypt-sha256$v=2,t=2b,r={cost}$"

    @staticmethod
    def hash(password: bytes, *, cost: int) -> str:
        """A hash with a fresh salt."""
        settings = bcrypt.gensalt(cost).decode("ascii")
        salt = settings[-22:]
        digest = bcrypt.hashpw(_prehashed(password, salt), settings.encode("ascii"))
        return f"{BcryptSha256.scheme(cost)}{salt}${digest[-31:].decode('ascii')}"

    def knows(self, scheme: str) -> bool:
        """Whether hashes of `scheme` can be verified at a bearable cost."""
        match = _WRAPPED_SCHEME.fullmatch(scheme)
        return match is not None and int(match[1]) in _VERIFIABLE_COSTS

    def verify(self, password: bytes, hashed: str) -> bool:
        """Whether `hashed`, of a known scheme, came from `password`."""
        match = _WRAPPED.fullmatch(hashed)
        if match is None:
            return False
        cost, salt, digest = match.groups()
        stored = f"$2b${int(cost):02}${salt}{digest}".encode("ascii")
        return _matches(_prehashed(password, salt), stored)

    def decoy(self, scheme: str) -> str:
        """A hash of nothing."""
        return f"{scheme}{_random_digits(16)}${_random_digits(23)}"


class PlainBcrypt:
    """bcrypt as other software stores it: verified for imported accounts, never written."""

    def knows(self, scheme: str) -> bool:
        """Whether hashes of `scheme` can be verified at a bearable cost."""
        match = _PLAIN_SCHEME.fullmatch(scheme)
        return match is not None and int(match[1]) in _VERIFIABLE_COSTS

    def verify(self, password: bytes, hashed: str) -> bool:
        """Whether `hashed`, of a known scheme, came from `password`; no longer one ever did.

        Cutting would let everybody in who knows the first 72 octets (CVE-2025-22228). The work is
        done all the same, so that the refusal takes as long as any other.
        """
        if _PLAIN.fullmatch(hashed) is None:
            return False
        same = _matches(password[:MAX_PLAIN_OCTETS], hashed.encode("ascii"))
        return same and len(password) <= MAX_PLAIN_OCTETS

    def decoy(self, scheme: str) -> str:
        """A hash of nothing."""
        return f"{scheme}{_random_digits(16)}{_random_digits(23)}"


def _matches(octets: bytes, stored: bytes) -> bool:
    try:
        return bcrypt.checkpw(octets, stored)
    except ValueError:  # a salt that no bcrypt ever wrote
        return False


def _prehashed(password: bytes, salt: str) -> bytes:
    return base64.b64encode(hmac.digest(salt.encode("ascii"), password, hashlib.sha256))


def _random_digits(octets: int) -> str:
    encoded = base64.b64encode(random_octets(octets)).decode("ascii").rstrip("=")
    return encoded.translate(_TO_BCRYPT_ALPHABET)
