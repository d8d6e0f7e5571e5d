"""What commands print: tables for people, one JSON object a line for programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

import typer

_ENDLESS = 10_000  # columns: what is not read on a terminal is never wrapped

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def show_json(value: Mapping[str, Any]) -> None:
    """Print one line; ASCII only, so that no terminal obeys what is in it."""
    typer.echo(json.dumps(value))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print `rows`; the first column is never wrapped, and nothing in a cell is markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_ENDLESS)
    table = Table(box=None, header_style="bold", pad_edge=False, show_header=any(columns))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def progress(doing: str) -> AbstractContextManager[object]:
    """Show that something is under way, where somebody is looking."""
    from rich.console import Console

    return Console(stderr=True).status(doing)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far something is, where somebody is looking.

    Yields:
        What is to be told what is done, how much of it is, and of how much.
    """
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda doing, done, of: bar.update(task, description=doing, completed=done, total=of)
