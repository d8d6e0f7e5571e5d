"""LG-09: the octets that links and seals are made over never change, or no old trail would hold."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from hexkey.domain.audit.chain import START as NO_LINK
from hexkey.domain.audit.chain import ChainHead, Link, Linked, content_of, link
from hexkey.domain.audit.event import AuditEvent, AuditType, Check, Outcome
from hexkey.domain.identifiers import AuditEventId
from tests.support.doubles import START

EVENT = AuditEvent(
    id=AuditEventId("id"),
    type=AuditType.SIGN_IN_REFUSED,
    at=START + timedelta(microseconds=123_456),
    actor="anonymous",
    subject="ann",
    client="F\u00f6x",
    address="192.0.2.1",
    session_hash="0f",
    request_id="r",
    outcome=Outcome.REFUSED,
    reason="invalid_credentials",
    details={"z": "1", "a": "2"},
    explanation=(Check(name="rule", passed=False, facts={"y": "3", "b": "4"}),),
)
CONTENT = (
    rb'{"actor":"anonymous","address":"192.0.2.1","at":"2026-01-01T12:00:00.123+00:00",'
    rb'"client":"F\u00f6x","details":{"a":"2","z":"1"},"explanation":[{"check":"rule",'
    rb'"facts":{"b":"4","y":"3"},"passed":false}],"id":"id","outcome":"refused",'
    rb'"reason":"invalid_credentials","request_id":"r","session_hash":"0f","subject":"ann",'
    rb'"type":"sign_in.refused"}'
)
CHANGES: list[dict[str, Any]] = [
    {"id": AuditEventId("other")},
    {"type": AuditType.SIGNED_IN},
    {"at": START},
    {"actor": "system"},
    {"subject": None},
    {"client": None},
    {"address": None},
    {"session_hash": None},
    {"request_id": None},
    {"outcome": Outcome.FAILED},
    {"reason": None},
    {"details": {}},
    {"explanation": ()},
]


class TestContent:
    def test_lg_09_is_written_in_one_form_for_good(self) -> None:
        assert content_of(EVENT) == CONTENT
        assert json.loads(CONTENT)["client"] == "F\u00f6x"

    def test_lg_09_is_the_same_wherever_it_is_read(self) -> None:
        there = datetime.fromtimestamp(EVENT.at.timestamp(), timezone(timedelta(hours=5)))

        assert content_of(replace(EVENT, at=there)) == CONTENT

    @pytest.mark.parametrize("change", CHANGES, ids=str)
    def test_lg_09_has_every_part_of_the_event(self, change: dict[str, Any]) -> None:
        changed = replace(EVENT, **change)

        assert content_of(changed) != CONTENT
        assert link(NO_LINK, sequence=1, event=changed) != link(NO_LINK, sequence=1, event=EVENT)


class TestLink:
    def test_lg_09_is_over_the_one_before_the_place_and_the_event(self) -> None:
        made_over = b"hexkey/audit/v1\n" + b"0" * 64 + b"\n1\n" + CONTENT

        assert link(NO_LINK, sequence=1, event=EVENT) == hashlib.sha256(made_over).hexdigest()

    def test_lg_09_is_over_the_instant_of_sealing_as_well(self) -> None:
        at = datetime(2026, 1, 1, 17, 0, 0, 7000, tzinfo=timezone(timedelta(hours=5)))
        instant = b"2026-01-01T12:00:00.007+00:00"
        made_over = b"hexkey/audit/v2\n" + b"0" * 64 + b"\n1\n" + instant + b"\n" + CONTENT

        made = link(NO_LINK, sequence=1, event=EVENT, sealed_at=at)
        assert made == hashlib.sha256(made_over).hexdigest()


class TestHead:
    def test_lg_09_is_nowhere_at_first(self) -> None:
        assert ChainHead() == ChainHead(
            sequence=0,
            digest="0" * 64,
            pruned_to=0,
            pruned_digest="0" * 64,
            pruned_at=None,
            mac="",
        )

    def test_lg_09_goes_on_by_one_for_each_event(self) -> None:
        old = ChainHead(sequence=4, digest="d" * 64, pruned_to=2, pruned_digest="e", mac="sealed")
        fifth = link("d" * 64, sequence=5, event=EVENT, sealed_at=START)
        sixth = link(fifth, sequence=6, event=EVENT, sealed_at=START)

        head, links = old.extended([EVENT, EVENT], now=START)

        assert head == replace(old, sequence=6, digest=sixth, mac="")
        assert links == [
            Link(event=EVENT.id, sequence=5, digest=fifth, sealed_at=START),
            Link(event=EVENT.id, sequence=6, digest=sixth, sealed_at=START),
        ]
        assert old.extended([], now=START) == (replace(old, mac=""), [])

    def test_lg_10_remembers_what_is_gone(self) -> None:
        old = ChainHead(sequence=4, digest="d", mac="sealed")
        last = Linked(sequence=3, digest="c", event=None)

        assert old.pruned(last, now=START) == replace(
            old, pruned_to=3, pruned_digest="c", pruned_at=START, mac=""
        )

    @pytest.mark.parametrize(
        ("at", "written"), [(None, b""), (EVENT.at, b"2026-01-01T12:00:00.123+00:00")]
    )
    def test_lg_09_is_sealed_whole(self, at: datetime | None, written: bytes) -> None:
        head = ChainHead(sequence=4, digest="d", pruned_to=2, pruned_digest="e", pruned_at=at)

        assert head.sealed_content() == b"hexkey/audit-head/v1\n4\nd\n2\ne\n" + written
        assert replace(head, mac="f").sealed_content() == head.sealed_content()
