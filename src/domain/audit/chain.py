"""The chain of the audit trail: each link is a digest over its event and the link before.

Whoever edits, deletes, inserts or reorders events changes every link after them, up to the head;
and the head is sealed with a key that the database does not have.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hexkey.domain.audit.event import AuditEvent, check_members
from hexkey.domain.identifiers import AuditEventId

DIGEST_LENGTH = 64  # of a SHA-256 in hex
START = "0" * DIGEST_LENGTH  # what the first link is linked to


def content_of(event: AuditEvent) -> bytes:
    """All of `event`, in the one form in which its digest is made; it never changes."""
    members = {
        "id": event.id,
        "type": str(event.type),
        "at": event.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "actor": event.actor,
        "subject": event.subject,
        "client": event.client,
        "address": event.address,
        "session_hash": event.session_hash,
        "request_id": event.request_id,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "details": dict(event.details),
        "explanation": [check_members(check) for check in event.explanation],
    }
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode("ascii")


def link(
    previous: str, *, sequence: int, event: AuditEvent, sealed_at: datetime | None = None
) -> str:
    """The digest of the `sequence`-th event, which follows the one of digest `previous`.

    Args:
        sealed_at: when it was linked; `None` for the form without it, which is not made any more.
    """
    form = f"hexkey/audit/v1\n{previous}\n{sequence}\n"
    if sealed_at is not None:
        at = sealed_at.astimezone(UTC).isoformat(timespec="milliseconds")
        form = f"hexkey/audit/v2\n{previous}\n{sequence}\n{at}\n"
    return hashlib.sha256(form.encode() + content_of(event)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The place of an event in the chain."""

    event: AuditEventId
    sequence: int
    digest: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An event as it is stored, with the place it was given.

    Attributes:
        event: `None` if what is stored cannot be an event: somebody has edited it.
        sealed_at: when it was given its place; `None` if that was before it was written down.
    """

    sequence: int
    digest: str
    event: AuditEvent | None
    sealed_at: datetime | None = None

    def follows(self, previous: str) -> bool:
        """Whether it is what was written, and comes after the event of digest `previous`."""
        if self.event is None:
            return False
        made = link(previous, sequence=self.sequence, event=self.event, sealed_at=self.sealed_at)
        return made == self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """How far the chain goes, and where what is left of it begins.

    Attributes:
        sequence: of the last event in the chain; 0 if there has been none.
        digest: of that event.
        pruned_to: the last event that retention has deleted; its tombstone.
        pruned_digest: of that event, which the first one that is left follows.
        pruned_at: when that was.
        mac: seals all of this with a key that the database does not have.
    """

    sequence: int = 0
    digest: str = START
    pruned_to: int = 0
    pruned_digest: str = START
    pruned_at: datetime | None = None
    mac: str = ""

    def extended(
        self, events: list[AuditEvent], *, now: datetime
    ) -> tuple["ChainHead", list[Link]]:
        """The head after `events`, not yet sealed, and the links that lead to it."""
        links, digest = [], self.digest
        for sequence, event in enumerate(events, start=self.sequence + 1):
            digest = link(digest, sequence=sequence, event=event, sealed_at=now)
            links.append(Link(event=event.id, sequence=sequence, digest=digest, sealed_at=now))
        head = replace(self, sequence=self.sequence + len(links), digest=digest, mac="")
        return head, links

    def pruned(self, last: Linked, *, now: datetime) -> "ChainHead":
        """The head after everything up to `last` was deleted, not yet sealed."""
        return replace(
            self, pruned_to=last.sequence, pruned_digest=last.digest, pruned_at=now, mac=""
        )

    def sealed_content(self) -> bytes:
        """What `mac` is made over."""
        at = self.pruned_at.isoformat(timespec="milliseconds") if self.pruned_at else ""
        parts = (self.sequence, self.digest, self.pruned_to, self.pruned_digest, at)
        return "\n".join(["hexkey/audit-head/v1", *map(str, parts)]).encode("ascii")
