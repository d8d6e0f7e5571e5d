"""`hexkey passwords …`."""

from pathlib import Path
from typing import Annotated

import typer

from hexkey.entrypoints.cli.output import AsJson, progress_bar, show_json

app = typer.Typer(help="Passwords that nobody should choose.", no_args_is_help=True)

List = Annotated[Path, typer.Argument(help="SHA-1:COUNT, SHA-1 or a password on each line.")]
Output = Annotated[Path, typer.Option(help="Where the filter goes, when it is complete.")]
FalsePositives = Annotated[
    float,
    typer.Option(
        min=1e-9, max=0.1, help="The share of unknown passwords that may be taken for known ones."
    ),
]
LeastCount = Annotated[
    int, typer.Option(min=1, help="Leave out what was seen less often, by the list's counts.")
]


@app.callback()
def group() -> None:
    """Passwords that nobody should choose."""


@app.command("build-filter")
def build_filter(
    file: List,
    output: Output = Path("breached.filter"),
    false_positives: FalsePositives = 0.001,
    least_count: LeastCount = 1,
    as_json: AsJson = False,
) -> None:
    """Make a filter of breached passwords for HEXKEY_BREACHED_PASSWORDS_FILE.

    About 1.8 octets a password at the default rate. May be interrupted: the same command goes on
    where it was.
    """
    from hexkey.entrypoints.breach_adapters import FilterInMaking, UnusableList, make_filter
    from hexkey.entrypoints.cli.garbage import spare_what_stays
    from hexkey.entrypoints.cli.refusals import CommandRefused

    spare_what_stays()
    try:
        with progress_bar() as told:
            made = make_filter(
                file, output, false_positives=false_positives, least=least_count, told=told
            )
    except UnusableList as error:
        raise CommandRefused("unusable_list", str(error)) from None
    except FilterInMaking as error:
        raise CommandRefused("filter_in_making", str(error)) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CommandRefused("file_unusable", f"{error.filename or output}: {reason}.") from None
    row = {
        "file": str(output),
        "entries": made.entries,
        "octets": made.octets,
        "false_positives": made.false_positives,
    }
    if as_json:
        show_json(row)
    else:
        typer.echo(
            f"{output}: {made.entries:,} passwords in {made.octets:,} octets; of unknown passwords "
            f"{made.false_positives:.2g} are taken for known ones.\n"
            f"Use it with HEXKEY_BREACHED_PASSWORDS_FILE={output.absolute()}"
        )
