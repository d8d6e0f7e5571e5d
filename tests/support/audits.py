"""Reading the audit trail in tests."""

from collections.abc import Sequence
from typing import Any

from hexkey.adapters.crypto.audit_seal import HmacChainSealer
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.recording import Audit
from hexkey.application.ports.system import IdGenerator
from hexkey.domain.audit.event import ANONYMOUS, AuditEvent, AuditType
from hexkey.domain.identifiers import AuditEventId
from tests.support.builders import an_id
from tests.support.doubles import START

SEALER = HmacChainSealer(DerivedKeys(MasterSecret(b"s" * 32)))


class NewIds(IdGenerator):
    """Ids that no other instance returns either."""

    def new(self) -> str:
        return an_id()


def an_audit() -> Audit:
    """Makes events with ids of its own."""
    return Audit(ids=NewIds())


def types_in(store: MemoryStore) -> Sequence[str]:
    """What was written down, in that order."""
    return [event.type for event in events_in(store)]


def events_in(store: MemoryStore) -> Sequence[AuditEvent]:
    """The same, with everything."""
    return list(store.committed.audited.values())


def an_event(**facts: Any) -> AuditEvent:
    """An event that is no other's, at `START` unless another instant is given."""
    given = {"type": AuditType.USER_UPDATED, "at": START, "actor": ANONYMOUS, **facts}
    return AuditEvent(id=AuditEventId(an_id()), **given)
