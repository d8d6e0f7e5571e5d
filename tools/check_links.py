"""Look for dead links in the Markdown of this project, without a network.

    python tools/check_links.py

A relative link must lead to a file, and its anchor to a heading there. A path in code marks that
begins like one of ours (`src/…`, `docs/…`) must exist, from the
root or beside the page. Addresses on the web are not followed.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_OUR_PATH = re.compile(
    r"`((?:src|hexkey|tests|docs|tools|benchmarks|examples|\.ci)/[\w./-]*[\w/])`"
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def pages() -> list[Path]:
    """Every Markdown file that belongs to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:  # an unpacked archive
        found = ROOT.rglob("*.md")
        return sorted(it for it in found if not {".venv", "node_modules"} & set(it.parts))
    return sorted(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists())


def dead_links(page: Path) -> Iterator[str]:
    """Every link of `page` that leads nowhere."""
    text = _FENCE.sub("", page.read_text())
    for target in _LINK.findall(text):
        if not _ELSEWHERE.match(target) and not _leads_somewhere(page, target):
            yield target
    for path in _OUR_PATH.findall(text):
        if not (ROOT / path).exists() and not (page.parent / path).exists():
            yield path


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return False
    return not anchor or file.suffix != ".md" or anchor in _anchors(file)


def _anchors(page: Path) -> set[str]:
    """The anchors that forges make of the headings of `page`."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}


if __name__ == "__main__":
    found = [f"{page.relative_to(ROOT)}: {link}" for page in pages() for link in dead_links(page)]
    print("\n".join(found) or f"{len(pages())} pages, no dead link")
    sys.exit(bool(found))
