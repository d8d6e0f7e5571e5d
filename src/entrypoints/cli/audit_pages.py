"""The audit trail as lines for people and for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from hexkey.application.audit.lateness import Late
from hexkey.application.audit.verifying import Anchor, Verification
from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import (
    MAX_ACTOR_LENGTH,
    MAX_AUDITED_SUBJECT_LENGTH,
    MAX_TYPE_LENGTH,
    AuditEvent,
    Check,
    Outcome,
)
from hexkey.entrypoints.cli.output import show_json, show_table
from hexkey.entrypoints.container import Container
from hexkey.entrypoints.http.audit_schemas import shown_event as row
from hexkey.entrypoints.http.representations import instant

__all__ = ["COLUMNS", "cells", "check_cells", "every_event", "export_events", "row", "sentence"]

_WHY_LATE = (
    "That happens if no server ran, or none reached the database, after they were written; and if "
    "somebody rewrote them there, and let them be sealed again. If you know why, say so by "
    "--late-until; a head that was kept elsewhere, by --expect, tells more."
)

_LONGEST = {
    "type": MAX_TYPE_LENGTH,
    "actor": MAX_ACTOR_LENGTH,
    "subject": MAX_AUDITED_SUBJECT_LENGTH,
    "outcome": MAX_TYPE_LENGTH,
}
_MOST_DIGITS = 18  # of a place in the chain: what both databases can count

COLUMNS = ("at", "type", "outcome", "reason", "actor", "subject", "address", "request")


def read_query(
    *, since: str | None = None, until: str | None = None, **words: str | None
) -> AuditQuery:
    """The query that somebody typed.

    Raises:
        typer.BadParameter: if an instant is none, a word is longer than any that is written down,
            or there is no such outcome.
    """
    for name, word in words.items():
        if word is not None and len(word) > _LONGEST[name]:
            hint, most = f"--{name}", _LONGEST[name]
            raise typer.BadParameter(f"has at most {most} characters", param_hint=hint)
    outcome = words.get("outcome")
    if outcome is not None and outcome not in set(Outcome):
        known = ", ".join(Outcome)
        raise typer.BadParameter(f"must be one of {known}", param_hint="--outcome")
    return AuditQuery(since=read_instant(since), until=read_instant(until), **words)


def read_instant(text: str | None) -> datetime | None:
    """An instant as somebody types it; UTC if no zone is named.

    Raises:
        typer.BadParameter: if it is none.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant such as 2026-01-31T12:00Z") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def read_anchor(text: str | None) -> Anchor | None:
    """A head as `verify` prints it.

    Raises:
        typer.BadParameter: if it is none.
    """
    if text is None:
        return None
    sequence, _, digest = text.partition(":")
    if not (sequence.isascii() and sequence.isdecimal() and digest) or len(sequence) > _MOST_DIGITS:
        raise typer.BadParameter("must be a head as `hexkey audit verify` prints it")
    return Anchor(int(sequence), digest)


def show_verification(result: Verification, *, as_json: bool) -> None:
    """What was found, and the head to keep."""
    head = f"{result.head.sequence}:{result.head.digest}" if result.head else None
    if as_json:
        findings = [
            {"sequence": it.sequence, "problem": it.problem, "detail": it.sentence}
            for it in result.findings
        ]
        counted = {"holds": result.holds, "checked": result.checked, "head": head}
        late = [_late_members(it) for it in result.late]
        known = result.lateness.known
        show_json({**counted, "findings": findings, "late": late, "late_known": known})
        return
    typer.echo(f"{result.checked} events were checked; the head is {head or 'not there yet'}")
    if result.head is not None and result.head.pruned_to:
        at = result.head.pruned_at
        typer.echo(f"{result.head.pruned_to} older ones were deleted, the last of them {at}.")
    _show_lateness(result)
    if result.findings:
        _show_findings(result)
    elif result.holds:
        known = result.lateness.known
        typer.echo("Nothing else was found." if known else "Nothing was changed.")


def _show_lateness(result: Verification) -> None:
    if result.lateness.known:
        typer.echo(f"{result.lateness.known} events were sealed late, of which you know.")
    for late in result.late:
        shown = _late_members(late)
        typer.echo(
            f"{late.events} events of {shown['first']} to {shown['last']} were sealed late, "
            f"{shown['sealed_from']} to {shown['sealed_to']}."
        )
    if result.late:
        typer.echo(_WHY_LATE)


def _late_members(late: Late) -> dict[str, Any]:
    names = ("first", "last", "sealed_from", "sealed_to")
    return {"events": late.events, **{name: instant(getattr(late, name)) for name in names}}


def _show_findings(result: Verification) -> None:
    places = [("-" if it.sequence is None else str(it.sequence)) for it in result.findings]
    sentences = [(it.problem, it.sentence) for it in result.findings]
    show_table(["place", "problem", ""], [(a, *b) for a, b in zip(places, sentences, strict=True)])


async def every_event(
    container: Container, query: AuditQuery, *, limit: int
) -> Sequence[AuditEvent]:
    """At most `limit` events."""
    return [event async for event in container.search_audit_trail().every(query, limit=limit)]


async def export_events(container: Container, query: AuditQuery) -> None:
    """Print every event as it comes; at most a batch is held."""
    async for event in container.search_audit_trail().every(query, exporting=True):
        show_json(row(event))


def cells(event: AuditEvent) -> tuple[str, ...]:
    """An event as a line of the table."""
    shown = row(event)
    names = ("at", "type", "outcome", "reason", "actor", "subject", "address", "request_id")
    return tuple("-" if shown[name] is None else str(shown[name]) for name in names)


def sentence(event: AuditEvent) -> str:
    """An event in one line; safe on a terminal, whatever a client called itself."""
    shown = row(event)
    reason = f" ({event.reason})" if event.reason else ""
    where = f" from {event.address}" if event.address else ""
    about = f" about {event.subject}" if event.subject else ""
    done = f"{event.type} {event.outcome.value}{reason} by {event.actor}{about}{where}"
    what = f"{shown['at']} {done}"
    return what.encode("ascii", "backslashreplace").decode("ascii")


def check_cells(check: Check) -> tuple[str, str, str]:
    """A check as a line of the table."""
    facts = ", ".join(f"{name}={value}" for name, value in check.facts.items())
    return check.name, "yes" if check.passed else "NO", facts
