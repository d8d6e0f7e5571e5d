"""RF-19, JW-16: keys rotate under load, and no verifier ever meets a key it does not know.

Months pass on a frozen clock. Two instances hear of each other's steps at their own pace; ten
resource servers cache the JWKS for as long as they may, and never ask in between.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.published_keys import PublishedKeyRing
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.application.keys.generation import EnsureSigningKey
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import PublishKeys, ReloadKeys
from hexkey.application.keys.rotation import RotateKey, RotateKeysWhenDue
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.identifiers import TokenId
from hexkey.domain.keys import JWKS_MAX_AGE, KeyState, RotationPolicy, SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.audits import an_audit
from tests.support.doubles import FrozenClock
from tests.support.faults_ledger import Ledger, rounds
from tests.support.issuing import AUDIENCE, ISSUER, derived_keys, some_claims

pytestmark = pytest.mark.anyio

ALGORITHM = SigningAlgorithm.ES256
TOKEN_LIFETIME = timedelta(minutes=15)
LIFETIME = timedelta(hours=4)  # of a key; so that it rotates often
STEP = timedelta(seconds=30)  # how often an instance looks after its keys
VERIFIERS = 10
_numbers = count(1)


class Instance:
    """The keys of one process."""

    def __init__(self, store: SigningKeyStore, clock: FrozenClock) -> None:
        ring = UnsealedKeyRing(derived=derived_keys(), algorithm=ALGORITHM)
        reload = ReloadKeys(store=store, ring=ring, clock=clock)
        make = MakeKey(maker=SealingKeyMaker(derived_keys()), sealer=KeySeal(derived_keys()))
        self.signer = PyJwtSigner(ring)
        self.verifier = PyJwtVerifier(ring, issuer=ISSUER, audience=AUDIENCE)
        self.publish = PublishKeys(ring=ring, reload=reload)
        self.reload = reload
        self.announce_next = RotateKey(store=store, make=make, audit=an_audit(), clock=clock)
        self.ensure = EnsureSigningKey(
            store=store,
            make=make,
            reload=reload,
            audit=an_audit(),
            clock=clock,
            algorithm=ALGORITHM,
        )
        self.keep_up = RotateKeysWhenDue(
            store=store,
            make=make,
            reload=reload,
            audit=an_audit(),
            clock=clock,
            algorithm=ALGORITHM,
            policy=RotationPolicy.for_tokens(TOKEN_LIFETIME, lifetime=LIFETIME),
        )

    def token(self, now: datetime) -> str:
        claims = some_claims()
        fresh = replace(
            claims,
            id=TokenId(f"00000000-0000-7000-8000-{next(_numbers):012x}"),
            issued_at=now,
            expires_at=now + TOKEN_LIFETIME,
        )
        return self.signer.sign(fresh)


class ResourceServer:
    """Verifies offline with a JWKS that it asks for when its copy is too old, and only then."""

    def __init__(self, instance: Instance, asked_at: datetime) -> None:
        self._instance, self._asked_at = instance, asked_at
        self._ring = PublishedKeyRing()
        self._verifier = PyJwtVerifier(self._ring, issuer=ISSUER, audience=AUDIENCE)

    async def keep_up(self, now: datetime) -> None:
        if now - self._asked_at >= JWKS_MAX_AGE:
            await self.ask(now)

    async def ask(self, now: datetime) -> None:
        self._ring.load(json.dumps({"keys": list(await self._instance.publish())}))
        self._asked_at = now

    def verifies(self, token: str) -> bool:
        try:
            self._verifier.verify(token)
        except InvalidToken:
            return False
        return True


class TestRotation:
    async def test_rf_19_jw_16_fails_nothing_wherever_tokens_are_verified(self) -> None:
        clock, store, ledger = FrozenClock(), MemorySigningKeyStore(), Ledger("RF-19 by age")
        both = [Instance(store, clock) for _ in range(2)]
        for instance in both:
            await instance.ensure()
        servers = await resource_servers(both, clock)
        alive: list[tuple[datetime, str]] = []

        for step in range(rounds(1) * int(2.5 * LIFETIME / STEP)):
            clock.advance(seconds=STEP.total_seconds())
            now = clock.now()
            # One of them looks after its keys much more rarely, as a busy one might.
            for instance in both[: 2 if step % 20 == 0 else 1]:
                await instance.keep_up()
            for server in servers:
                await server.keep_up(now)
            alive = [it for it in alive if now - it[0] < TOKEN_LIFETIME]
            alive += [(now, instance.token(now)) for instance in both]
            verify_everywhere(both, servers, [alive[0][1], *(it for _, it in alive[-2:])], ledger)

        states = [key.state for key in await store.all()]
        assert states.count(KeyState.RETIRED) >= 1, "keys were to rotate more than once"
        assert states.count(KeyState.SIGNING) == 1
        ledger.close()

    async def test_rf_19_in_an_emergency_needs_one_look_at_the_jwks(self) -> None:
        """The key that leaked signs no more at once; what it signed is believed until retired."""
        clock, store = FrozenClock(), MemorySigningKeyStore()
        both = [Instance(store, clock) for _ in range(2)]
        for instance in both:
            await instance.ensure()
        [server, *_] = await resource_servers(both, clock)
        old = both[0].token(clock.now())

        await both[0].announce_next(algorithm=ALGORITHM, at_once=True)
        await both[0].reload()
        new = both[0].token(clock.now())
        assert server.verifies(old)
        assert not server.verifies(new), "so the announcement is what usually prevents this"

        clock.advance(seconds=JWKS_MAX_AGE.total_seconds())
        await server.keep_up(clock.now())
        assert server.verifies(old)
        assert server.verifies(new)


async def resource_servers(both: list[Instance], clock: FrozenClock) -> list[ResourceServer]:
    """Some ask one instance and some the other, each at a time of its own."""

    def made() -> Iterator[ResourceServer]:
        for number in range(VERIFIERS):
            early = number * JWKS_MAX_AGE / VERIFIERS
            yield ResourceServer(both[number % 2], clock.now() - early)

    servers = list(made())
    for server in servers:
        asked_at = server._asked_at
        await server.ask(asked_at)
    return servers


def verify_everywhere(
    both: list[Instance], servers: list[ResourceServer], tokens: list[str], ledger: Ledger
) -> None:
    for token in tokens:
        for instance in both:
            instance.verifier.verify(token)
        for number, server in enumerate(servers):
            if server.verifies(token):
                ledger.acknowledged += 1
            else:
                ledger.broken.append(f"resource server {number} does not know a key")
