"""What an application needs that verifies the tokens of a Hexkey elsewhere, put together."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from hexkey.adapters.crypto.published_keys import PublishedKeyRing
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtVerifier
from hexkey.adapters.crypto.remembered_tokens import RememberedTokens
from hexkey.adapters.crypto.revocation_lists import JwsRevocationListReader
from hexkey.adapters.crypto.system import SystemClock
from hexkey.adapters.remote.http_issuer import HttpIssuer
from hexkey.application.keys.fetching import FetchKeys
from hexkey.application.ports.issuer import Issuer
from hexkey.application.ports.system import Clock
from hexkey.application.sessions.believing import BelieveToken
from hexkey.application.sessions.hearing import HearRevocations, StalenessPolicy

LEAST_STALENESS = timedelta(seconds=2)  # a question stays open for half of it

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSettings:
    """How to believe the tokens of one issuer.

    Attributes:
        issuer: the public URL of Hexkey, exactly as it is configured there.
        audience: the `aud` that tokens must have.
        address: where this application reaches Hexkey, if not at `issuer`.
        max_staleness: how long Hexkey may be silent without consequences.
        strict: refuse everybody after that, instead of believing tokens until they expire.
        allow_http: whoever can change what comes over plain HTTP can sign in as anybody.

    Raises:
        ValueError: if that is no URL, not safe, or silence could not be noticed in time.
    """

    issuer: str
    audience: str
    address: str
    max_staleness: timedelta
    strict: bool
    allow_http: bool

    def __post_init__(self) -> None:
        url = urlsplit(self.address)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("the address of Hexkey is to be a URL like https://auth.example.com")
        if url.scheme == "http" and not self.allow_http and url.hostname not in _LOOPBACK:
            raise ValueError("keys that come over plain HTTP are not to be believed; use https")
        if self.max_staleness < LEAST_STALENESS:
            raise ValueError(f"max_staleness is to be at least {LEAST_STALENESS.seconds} seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteClient:
    """The parts, wired."""

    issuer: Issuer
    clock: Clock
    fetch_keys: FetchKeys
    hear: HearRevocations
    believe: BelieveToken


def build_remote_client(
    settings: RemoteSettings, *, issuer: Issuer | None = None, clock: Clock | None = None
) -> RemoteClient:
    """A client that has not asked for anything yet.

    Args:
        issuer: instead of HTTP.
        clock: instead of the machine's.
    """
    clock = clock or SystemClock()
    issuer = issuer or HttpIssuer(settings.address.rstrip("/"))
    ring = PublishedKeyRing()
    fetch_keys = FetchKeys(issuer=issuer, ring=ring, clock=clock)
    hear = HearRevocations(
        issuer=issuer,
        reader=JwsRevocationListReader(ring, issuer=settings.issuer),
        fetch_keys=fetch_keys,
        clock=clock,
        policy=StalenessPolicy(most=settings.max_staleness, strict=settings.strict),
    )
    verifier = PyJwtVerifier(ring, issuer=settings.issuer, audience=settings.audience)
    believe = BelieveToken(
        verifier=RememberedTokens(verifier, ring), fetch_keys=fetch_keys, hear=hear, clock=clock
    )
    return RemoteClient(
        issuer=issuer, clock=clock, fetch_keys=fetch_keys, hear=hear, believe=believe
    )
