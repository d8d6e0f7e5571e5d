"""The code blocks of a page, so that tests can run what the page shows."""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands between two fences, and the language beside the first."""

    language: str
    text: str


def blocks(page: Path, *, section: str | None = None) -> list[Block]:
    """The blocks of `page`, or those under one heading of the second level."""
    text = page.read_text()
    if section is not None:
        text = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [Block(language, body) for language, body in _FENCED.findall(text)]


def python_block(page: Path, *, file: str) -> str:
    """The block that begins with the comment `# file`."""
    (found,) = [
        it.text
        for it in blocks(page)
        if it.language == "python" and it.text.startswith(f"# {file}")
    ]
    return found


def assignments(page: Path) -> dict[str, str]:
    """Every `HEXKEY_NAME=value` at the beginning of a line in a block for the shell."""
    lines = [line for it in blocks(page) if it.language == "sh" for line in it.text.splitlines()]
    found = [re.match(r"(HEXKEY_\w+)=(\S+)", line) for line in lines]
    return {it[1]: it[2] for it in found if it}
