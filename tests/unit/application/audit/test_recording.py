"""LG-01: an event has every fact of its request and of its deed, and each in its place."""

import hashlib
from typing import Any

import pytest

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.context import RequestContext, checked, serving
from hexkey.domain.audit.event import ANONYMOUS, SYSTEM, AuditType, Check, Outcome
from hexkey.domain.identifiers import SessionId, UserId
from tests.support.audits import an_audit, events_in
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

ANN, BOB = UserId("ann"), UserId("bob")
HERE, THERE = SessionId("here"), SessionId("there")
FACTS = ("actor", "subject", "client", "address", "session_hash", "request_id", "outcome", "reason")


def hashed(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def a_request() -> RequestContext:
    context = RequestContext(
        request_id="request-1", address="203.0.113.7", client="Fox", subject="somebody"
    )
    context.identify(ANN, session=HERE)
    return context


class TestEvent:
    @pytest.mark.parametrize(
        ("given", "changed"),
        [
            ({}, {}),
            ({"subject": "bob"}, {"subject": "bob"}),
            ({"session": THERE}, {"session_hash": hashed(THERE)}),
            ({"actor": BOB}, {"actor": "user:bob"}),
            (
                {"outcome": Outcome.FAILED, "reason": "full"},
                {"outcome": Outcome.FAILED, "reason": "full"},
            ),
        ],
    )
    def test_lg_01_is_of_the_request_unless_it_is_told_otherwise(
        self, given: dict[str, Any], changed: dict[str, Any]
    ) -> None:
        with serving(a_request()):
            event = an_audit().event(AuditType.SIGNED_IN, at=START, **given)

        of_request = {
            "actor": "user:ann",
            "subject": "somebody",
            "client": "Fox",
            "address": "203.0.113.7",
            "session_hash": hashed(HERE),
            "request_id": "request-1",
            "outcome": Outcome.DONE,
            "reason": None,
        }
        assert {name: getattr(event, name) for name in FACTS} == of_request | changed
        assert (event.type, event.at, event.details) == (AuditType.SIGNED_IN, START, {})

    def test_lg_01_of_nobody_is_of_the_system(self) -> None:
        event = an_audit().event(AuditType.KEY_MADE, at=START, details={"a": "b"})

        nothing = dict.fromkeys(FACTS) | {"actor": SYSTEM, "outcome": Outcome.DONE}
        assert {name: getattr(event, name) for name in FACTS} == nothing
        assert event.details == {"a": "b"}

    @pytest.mark.parametrize("outcome", Outcome)
    def test_says_what_was_asked_if_it_was_not_done(self, outcome: Outcome) -> None:
        with serving(RequestContext()):
            checked("rule", passed=False, limit=5)
            event = an_audit().event(AuditType.REQUEST_REFUSED, at=START, outcome=outcome)

        asked = (Check(name="rule", passed=False, facts={"limit": "5"}),)
        assert event.explanation == (() if outcome is Outcome.DONE else asked)
        assert event.actor == ANONYMOUS

    def test_has_no_more_of_a_client_than_can_be_kept(self) -> None:
        with serving(RequestContext(client="x" * 513, address="y" * 65)):
            event = an_audit().event(AuditType.SIGNED_IN, at=START)

        assert (event.client, event.address) == ("x" * 512, "y" * 64)

    async def test_lg_01_is_written_in_the_transaction_with_all_it_was_given(self) -> None:
        store = MemoryStore()
        async with store.begin() as transaction:
            await an_audit()(
                transaction,
                AuditType.SESSION_ENDED,
                at=START,
                subject="bob",
                session=THERE,
                actor=BOB,
                details={"by": "bob"},
            )
            assert events_in(store) == []
            await transaction.commit()

        (event,) = events_in(store)
        assert (event.type, event.at, event.subject) == (AuditType.SESSION_ENDED, START, "bob")
        assert (event.session_hash, event.actor) == (hashed(THERE), "user:bob")
        assert event.details == {"by": "bob"}


class TestContext:
    def test_has_waited_for_nothing_and_knows_nobody_at_first(self) -> None:
        context = RequestContext()

        assert (context.waited, context.actor, context.session_hash) == (0.0, ANONYMOUS, None)
        assert context.checks == []

    def test_is_over_when_it_was_served(self) -> None:
        with pytest.raises(ZeroDivisionError), serving(a_request()):
            raise ZeroDivisionError

        assert an_audit().event(AuditType.KEY_MADE, at=START).actor == SYSTEM
