"""One line of the audit trail: who did what to whom, from where, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hexkey.domain.identifiers import AuditEventId
from hexkey.domain.text import one_line, without_tokens

MAX_ACTOR_LENGTH = 64  # "user:" and an id
MAX_AUDITED_SUBJECT_LENGTH = 64  # an id of whatever kind; those of keys are the longest
MAX_AUDITED_CLIENT_LENGTH = 512  # of a user agent
MAX_AUDITED_ADDRESS_LENGTH = 64
MAX_REQUEST_ID_LENGTH = 64
MAX_REASON_LENGTH = 64
MAX_TYPE_LENGTH = 64
MAX_AUDITED_DETAILS_LENGTH = 4096  # of all details together, as JSON in ASCII
MAX_EXPLANATION_LENGTH = 8192  # of all checks together, as JSON in ASCII

ANONYMOUS = "anonymous"  # a request without a credential
OPERATOR = "operator"  # somebody at the machine itself, by a command
SYSTEM = "system"  # Hexkey, of its own accord
UNREADABLE = "audit.unreadable"  # the type of what is shown where an event was


class AuditType(StrEnum):
    """Kinds of deed; the values are public, and none is ever given another meaning."""

    SIGNED_IN = "sign_in.succeeded"
    SIGN_IN_REFUSED = "sign_in.refused"
    SIGN_IN_THROTTLED = "sign_in.throttled"
    REAUTHENTICATED = "reauthentication.succeeded"
    SPRAYING_SUSPECTED = "sign_in.spraying_suspected"
    NEW_DEVICE = "sign_in.new_device"
    SESSION_REFRESHED = "session.refreshed"
    REFRESH_TOKEN_REUSED = "session.refresh_token_reused"  # noqa: S105 - the name of an event
    SESSION_ENDED = "session.ended"
    USER_REGISTERED = "user.registered"
    REGISTRATION_REQUESTED = "user.registration_requested"
    USER_UPDATED = "user.updated"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_DELETION_SCHEDULED = "user.deletion_scheduled"
    USER_RESTORED = "user.restored"
    USER_ERASED = "user.erased"
    USER_INVITED = "user.invited"
    USER_EXPORTED = "user.exported"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105 - the name of an event
    BREACHES_UNANSWERED = "password.breaches_unanswered"
    PASSWORD_RESET = "password.reset"  # noqa: S105 - the name of an event
    EMAIL_VERIFICATION_REQUESTED = "email.verification_requested"
    EMAIL_VERIFIED = "email.verified"
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    ROLE_DEFINED = "role.defined"
    ROLE_REMOVED = "role.removed"
    API_KEY_MADE = "api_key.made"
    API_KEY_REVOKED = "api_key.revoked"
    SETUP_COMPLETED = "setup.completed"
    KEY_MADE = "key.made"
    KEY_PROMOTED = "key.promoted"
    KEY_RETIRED = "key.retired"
    MASTER_ROTATED = "master_secret.rotated"
    SERVER_STARTED = "server.started"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_REMOVED = "webhook.removed"
    OUTBOX_RETRIED = "outbox.retried"
    OUTBOX_DROPPED = "outbox.dropped"
    ADMIN_READ = "admin.read"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_PRUNED = "audit.pruned"
    EXPLANATION_READ = "audit.explanation_read"
    REFRESH_REFUSED = "session.refresh_refused"
    ONE_TIME_TOKEN_REFUSED = "one_time_token.refused"  # noqa: S105 - the name of an event
    ACCESS_REFUSED = "access.refused"
    REQUEST_REFUSED = "request.refused"
    REFUSALS_DROPPED = "audit.refusals_dropped"
    REQUEST_FAILED = "request.failed"


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"  # for a reason that is not the caller's


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question that a use case asked on the way to its answer.

    Attributes:
        name: of the rule, such as `throttle.network`.
        passed: whether it let the request go on.
        facts: what it was decided by (counters, limits, instants); words, and never a secret.
    """

    name: str
    passed: bool
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something that was done, or refused.

    Attributes:
        id: a UUIDv7.
        type: one of `AuditType`; a word of its own if another version has written it.
        actor: `user:` and an id, or one of `ANONYMOUS`, `OPERATOR` and `SYSTEM`.
        subject: the id of whom or what it was done to.
        client: the user agent as sent; not to be trusted.
        address: where the request came from.
        session_hash: SHA-256 of the session's id, in hex.
        request_id: of the request, as its answer and the logs carry it.
        reason: the code of a refusal.
        details: words that belong to the type; never a secret.
        explanation: of a refusal: what was asked, in that order.
    """

    id: AuditEventId
    type: str
    at: datetime
    actor: str
    subject: str | None = None
    client: str | None = None
    address: str | None = None
    session_hash: str | None = None
    request_id: str | None = None
    outcome: Outcome = Outcome.DONE
    reason: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    explanation: Sequence[Check] = ()

    def __post_init__(self) -> None:
        """Cut what came from outside, so that no caller can make its event one that fails.

        And take tokens out of it: the trail is shown to more people than may have them.
        """
        clean = {name: _plain(text, most=200) for name, text in self.details.items()}
        object.__setattr__(self, "details", _fitting(clean))
        object.__setattr__(self, "explanation", _bounded(self.explanation))
        if self.client is not None:
            object.__setattr__(self, "client", without_tokens(self.client))


def unreadable(id: AuditEventId, *, at: datetime) -> AuditEvent:
    """What is shown in the place of an event that somebody has edited until it is none."""
    return AuditEvent(
        id=id, type=UNREADABLE, at=at, actor="unreadable", outcome=Outcome.FAILED, reason=UNREADABLE
    )


def _plain(text: str, *, most: int) -> str:
    return without_tokens(one_line(text, most=most))


def _fitting(details: Mapping[str, str]) -> Mapping[str, str]:
    kept: dict[str, str] = {}
    for name, text in details.items():
        if len(json.dumps({**kept, name: text})) <= MAX_AUDITED_DETAILS_LENGTH:
            kept[name] = text
    return kept


def _bounded(checks: Sequence[Check]) -> Sequence[Check]:
    """The checks that fit: the last ones, which decided, rather than the first."""
    kept: list[Check] = []
    octets = 2
    for check in reversed(checks):
        facts = {name: _plain(text, most=100) for name, text in check.facts.items()}
        clean = Check(name=check.name[:64], passed=check.passed, facts=facts)
        octets += len(json.dumps(check_members(clean))) + 2
        if octets > MAX_EXPLANATION_LENGTH:
            break
        kept.append(clean)
    return tuple(reversed(kept))


def check_members(check: Check) -> dict[str, object]:
    """A check as it is stored and shown."""
    return {"check": check.name, "passed": check.passed, "facts": dict(check.facts)}
