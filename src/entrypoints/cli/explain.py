"""`hexkey explain`."""

from typing import Annotated

import typer

from hexkey.entrypoints.cli.output import AsJson, show_json, show_table

RequestId = Annotated[
    str,
    typer.Argument(metavar="REQUEST_ID", help="As the answer and the logs have it: X-Request-Id."),
]


def explain(request_id: RequestId, as_json: AsJson = False) -> None:
    """Say why a request was refused: what was checked, in which order, by which figures.

    The caller saw only the general answer. It takes a second until a refusal can be explained.
    """
    from hexkey.entrypoints.cli.audit_pages import check_cells, row, sentence
    from hexkey.entrypoints.cli.deployment import run

    events = run(lambda container: container.explain_request()(request_id=request_id))
    for event in events:
        if as_json:
            show_json(row(event))
            continue
        typer.echo(sentence(event))
        if event.explanation:
            show_table(["check", "passed", "by"], map(check_cells, event.explanation))
