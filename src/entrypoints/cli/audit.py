"""`hexkey audit …`."""

from typing import Annotated, Any

import typer

from hexkey.entrypoints.cli.output import AsJson, progress, show_json, show_table

app = typer.Typer(help="The audit trail: who did what, and what was refused.", no_args_is_help=True)

Actor = Annotated[str | None, typer.Option(help="Only by user:ID, anonymous, operator or system.")]
Subject = Annotated[str | None, typer.Option(help="Only what was done to the one of this id.")]
Outcome = Annotated[str | None, typer.Option(help="Only what was done, refused or failed.")]
Since = Annotated[str | None, typer.Option(help="Not before this instant, as 2026-01-31T12:00Z.")]
Until = Annotated[str | None, typer.Option(help="Only before this instant.")]
Limit = Annotated[int, typer.Option(min=1, help="Stop after so many events.")]
Anchor = Annotated[
    str | None,
    typer.Option("--expect", metavar="HEAD", help="A head that an earlier run has printed."),
]


LateUntil = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT",
        help="What was sealed late before this instant, as 2026-01-31T12:00Z, you know about.",
    ),
]


@app.command("verify")
def verify(anchor: Anchor = None, late_until: LateUntil = None, as_json: AsJson = False) -> None:
    """Check that nothing was changed, deleted, inserted or put in another order.

    Print the head of the chain. Keep it elsewhere and name it the next time by --expect: that also
    finds a database which was put back to an older state, or a history that was begun anew. Exit
    with 1 if anything is wrong, or was sealed long after it happened and not before --late-until.
    """
    from hexkey.entrypoints.cli.audit_pages import read_anchor, read_instant, show_verification
    from hexkey.entrypoints.cli.deployment import run

    expected, known = read_anchor(anchor), read_instant(late_until)
    with progress("Verifying the audit trail"):
        # What is not linked yet is left as it was found.
        result = run(
            lambda it: it.verify_audit_trail()(anchor=expected, late_until=known), sealing=False
        )
    show_verification(result, as_json=as_json)
    if not result.holds:
        raise typer.Exit(1)


@app.command("search")
def search(
    type_: Annotated[str | None, typer.Option("--type", help="Only this type.")] = None,
    actor: Actor = None,
    subject: Subject = None,
    outcome: Outcome = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Show events, the latest first. That somebody has looked is written down as well."""
    from hexkey.entrypoints.cli.audit_pages import COLUMNS, cells, every_event, read_query, row
    from hexkey.entrypoints.cli.deployment import run

    query = read_query(
        type=type_, actor=actor, subject=subject, outcome=outcome, since=since, until=until
    )
    events = run(lambda container: every_event(container, query, limit=limit))
    if as_json:
        for event in events:
            show_json(row(event))
    else:
        show_table(COLUMNS, map(cells, events))


@app.command("export")
def export(since: Since = None, until: Until = None) -> None:
    """Print all events as JSON lines, the latest first. That is written down as well."""
    from hexkey.entrypoints.cli.audit_pages import export_events, read_query
    from hexkey.entrypoints.cli.deployment import run

    query: Any = read_query(since=since, until=until)
    run(lambda container: export_events(container, query))
