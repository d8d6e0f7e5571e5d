"""`hexkey mail …`."""

from pathlib import Path
from typing import Annotated

import typer

from hexkey.entrypoints.cli.output import AsJson, show_json, show_table

app = typer.Typer(help="What mails look like.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Where the files go; it is made if it is missing.")]
Language = Annotated[
    str | None, typer.Option(help="One that there are templates for; by default English, German.")
]


@app.callback()
def group() -> None:
    """What mails look like."""


@app.command("preview")
def preview(folder: Folder, language: Language = None, as_json: AsJson = False) -> None:
    """Write each mail, with made-up values, as text and as a page for a browser.

    HEXKEY_MAIL_TEMPLATES and HEXKEY_SERVICE_NAME count as they do for real mails. Nothing is sent,
    and no link opens anything.
    """
    from hexkey.entrypoints.cli.deployment import configured
    from hexkey.entrypoints.cli.mail_previews import LANGUAGES, write_previews
    from hexkey.entrypoints.container import build_container

    settings = configured()
    writer = build_container(settings).letter_writer()
    if language is not None and writer.language_for(language) is None:
        raise typer.BadParameter("there are no templates for it", param_hint="--language")
    wanted = LANGUAGES if language is None else [language]
    rows = write_previews(writer, folder, languages=wanted, account_pages=settings.account_pages)
    if as_json:
        for row in rows:
            show_json(row)
    else:
        show_table(["file", "subject"], [(row["file"], row["subject"]) for row in rows])
