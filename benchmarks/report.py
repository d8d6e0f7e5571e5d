"""What a run found: tables, and for each promise whether it is kept."""

import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.environments import versions
from benchmarks.options import Options
from benchmarks.processes import CORES

HOW_TO_READ = """\
Absolute numbers drift with the machine: compare within a table, and quote ratios. *Floor* is an
empty `async def` FastAPI route measured in the same run. All systems take turns in every round,
and the median over the rounds counts. A ratio of `p99` that is below one means: better than the
floor. `holds` says whether the promise is kept in this run.
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that must hold.

    Attributes:
        figure: what was measured, in the promise's unit.
        bound: as it is written in the promise, e.g. `≥ 0.6`.
    """

    text: str
    figure: str
    bound: str
    holds: bool


@dataclass(slots=True)
class Section:
    """One measure's part of the report."""

    title: str
    how: str
    headers: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def at_least(text: str, figure: float, bound: float) -> Promise:
    """A promise about a ratio that is better when it is greater."""
    return Promise(text, f"{figure:.3f}", f"≥ {bound:g}", figure >= bound)


def at_most(text: str, figure: float, bound: float, unit: str = "") -> Promise:
    """A promise about a figure that is better when it is smaller."""
    return Promise(text, f"{figure:.3f}{unit}", f"≤ {bound:g}{unit}", figure <= bound)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, padded so that it can be read in a terminal as well."""
    grid = [list(headers), *map(list, rows)]
    widths = [max(len(row[column]) for row in grid) for column in range(len(headers))]
    lines = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in grid]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


def markdown(sections: Sequence[Section], options: Options, *, load_before: float) -> str:
    """The whole report.

    Args:
        load_before: the machine's load average before the run; its figures are good below 0.3.
    """
    parts = [
        "# Benchmark results\n",
        _conditions(options, load_before),
        HOW_TO_READ,
        "## Promises\n",
    ]
    promises = [p for section in sections for p in section.promises]
    marks = {True: "yes", False: "**no**"}
    rows = [(p.text, p.figure, p.bound, marks[p.holds]) for p in promises]
    parts.append(table(("promise", "measured", "bound", "holds"), rows) if rows else "None.\n")
    for section in sections:
        parts += [f"## {section.title}\n", f"{section.how}\n"]
        parts.append(table(section.headers, section.rows))
        parts += [f"- {remark}\n" for remark in section.remarks]
    return "\n".join(parts)


def write(text: str, path: Path) -> None:
    """Keep the report."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _conditions(options: Options, load_before: float) -> str:
    quick = "; `--quick`: rough" if options.quick else ""
    today = datetime.now(UTC).date()
    machine = f"{len(CORES)} cores, {_processor()}, {platform.system()} {platform.release()}"
    lines = [
        f"{today}, {_revision()}, {options.rounds} round(s) of {options.seconds:g} s{quick}.",
        f"{machine}, Python {platform.python_version()}; load before the run {load_before:.2f}.",
        f"Hexkey: {_installed('fastapi', 'uvicorn', 'sqlalchemy', 'pyjwt', 'bcrypt')}.",
    ]
    lines += [f"{name}: {_pinned(name)}." for name in ("tutorial", "fastapi_users")]
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _installed(*names: str) -> str:
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def _pinned(peer: str) -> str:
    shown = ("fastapi", "fastapi-users", "uvicorn", "SQLAlchemy", "PyJWT", "bcrypt", "pwdlib")
    pins = versions(peer)
    return ", ".join(f"{name} {pins[name]}" for name in shown if name in pins)


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return f"revision {done.stdout.strip() or 'unknown'}"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
