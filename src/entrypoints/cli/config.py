"""`hexkey config …`."""

import typer

from hexkey.entrypoints.cli.output import AsJson, show_json, show_table

app = typer.Typer(help="What this deployment is told to do.", no_args_is_help=True)


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Show every setting, its value and where that comes from; secrets are masked."""
    from hexkey.entrypoints.cli.setting_rows import setting_rows
    from hexkey.entrypoints.settings import load_settings

    rows = setting_rows(load_settings())
    if as_json:
        for row in rows:
            show_json(row)
    else:
        cells = [(row["name"], _text(row["value"]), row["source"]) for row in rows]
        show_table(["setting", "value", "source"], cells)


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(str, value)) or "-"
    return str(value)
