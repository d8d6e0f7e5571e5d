"""Instances on one store of signing keys, each with a master secret of its own."""

from dataclasses import dataclass
from datetime import timedelta

from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.key_seal import KeySeal
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.application.keys.generation import EnsureSigningKey
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.keys.resealing import ResealKeys
from hexkey.application.keys.rotation import RetireKey, RotateKey, RotateKeysWhenDue
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.keys import RotationPolicy, SigningAlgorithm
from tests.support.audits import an_audit
from tests.support.doubles import FrozenClock
from tests.support.issuing import AUDIENCE, ISSUER, SECRET, derived_keys

POLICY = RotationPolicy.for_tokens(timedelta(minutes=15))


@dataclass(frozen=True, kw_only=True)
class KeyInstance:
    """One process, as far as it has to do with keys."""

    ring: UnsealedKeyRing
    signer: PyJwtSigner
    verifier: PyJwtVerifier
    ensure: EnsureSigningKey
    when_due: RotateKeysWhenDue
    rotate: RotateKey
    retire: RetireKey
    reseal: ResealKeys


def an_instance(
    store: SigningKeyStore,
    clock: FrozenClock,
    *,
    secret: bytes = SECRET,
    previous: bytes | None = None,
    algorithm: SigningAlgorithm = SigningAlgorithm.ES256,
) -> KeyInstance:
    """A process that has just been started, before its `ensure`."""
    derived = derived_keys(secret, previous)
    ring = UnsealedKeyRing(derived=derived, algorithm=algorithm)
    seal = KeySeal(derived)
    make = MakeKey(maker=SealingKeyMaker(derived), sealer=seal)
    reload = ReloadKeys(store=store, ring=ring, clock=clock)
    return KeyInstance(
        ring=ring,
        signer=PyJwtSigner(ring),
        verifier=PyJwtVerifier(ring, issuer=ISSUER, audience=AUDIENCE),
        ensure=EnsureSigningKey(
            store=store,
            make=make,
            reload=reload,
            audit=an_audit(),
            clock=clock,
            algorithm=algorithm,
        ),
        when_due=RotateKeysWhenDue(
            store=store,
            make=make,
            reload=reload,
            audit=an_audit(),
            clock=clock,
            algorithm=algorithm,
            policy=POLICY,
        ),
        rotate=RotateKey(store=store, make=make, audit=an_audit(), clock=clock),
        retire=RetireKey(store=store, audit=an_audit(), clock=clock),
        reseal=ResealKeys(store=store, sealer=seal),
    )
