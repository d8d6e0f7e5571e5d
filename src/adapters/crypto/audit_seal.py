"""MACs over the head of the audit trail's chain."""

import hashlib
import hmac
from dataclasses import replace

from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.application.ports.audit import ChainSealer
from hexkey.domain.audit.chain import ChainHead


class HmacChainSealer(ChainSealer):
    """HMAC-SHA-256 under a derived key: whoever can write to the database cannot forge it.

    They can put an old one back, or none, and have events sealed again: those are sealed late.

    Args:
        derived: seals with the present master secret, and believes the previous one, too.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._keys = derived.readable(Purpose.AUDIT_CHAIN)

    def seal(self, head: ChainHead) -> ChainHead:
        return replace(head, mac=_mac(self._keys[0], head))

    def is_ours(self, head: ChainHead) -> bool:
        return any(_matches(key, head) for key in self._keys)

    def is_current(self, head: ChainHead) -> bool:
        return _matches(self._keys[0], head)


def _mac(key: bytes, head: ChainHead) -> str:
    return hmac.digest(key, head.sealed_content(), hashlib.sha256).hex()


def _matches(key: bytes, head: ChainHead) -> bool:
    return hmac.compare_digest(_mac(key, head).encode(), head.mac.encode("utf-8", "replace"))
