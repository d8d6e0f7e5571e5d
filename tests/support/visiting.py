"""A visitor of the pages, who fills in forms as a browser does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.support.api import Answer, Api

OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}  # what a form of ours is sent with


@dataclass
class Form:
    """The first form of a page.

    Attributes:
        fields: every named input, by its attributes.
        buttons: every button, by its attributes.
    """

    action: str = ""
    method: str = ""
    fields: dict[str, dict[str, str | None]] = field(default_factory=dict)
    buttons: list[dict[str, str | None]] = field(default_factory=list)

    @property
    def values(self) -> dict[str, str]:
        """What it is sent with if nobody types anything."""
        return {name: it.get("value") or "" for name, it in self.fields.items()}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self.form.action = given.get("action") or ""
            self.form.method = given.get("method") or ""
        elif tag == "input" and given.get("name"):
            self.form.fields[str(given["name"])] = given
        elif tag == "button":
            self.form.buttons.append(given)


def tags_in(answer: Answer) -> list[tuple[str, dict[str, str | None]]]:
    """Every start tag of a page, with its attributes."""
    reader = _Reader()
    reader.feed(answer.text)
    return reader.tags


def form_in(answer: Answer) -> Form:
    """The form of a page."""
    reader = _Reader()
    reader.feed(answer.text)
    assert reader.form.action, answer.text
    return reader.form


@dataclass(frozen=True)
class Visitor:
    """Opens links and presses buttons."""

    api: Api

    async def open(self, link: str, **how: Any) -> Answer:
        """Follow a link, wherever its host is."""
        parts = urlsplit(link)
        place = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return await self.api.call("GET", place, **how)

    async def send(self, page: Answer, typed: dict[str, str] | None = None, **how: Any) -> Answer:
        """Press the first button of the form on `page`."""
        form = form_in(page)
        assert form.method == "post"
        data = {**form.values, **(typed or {})}
        return await self.api.call("POST", form.action, data=data, **{"headers": OURS, **how})

    async def follow(self, answer: Answer) -> Answer:
        """Where a redirect leads."""
        assert answer.status_code == 303, answer.text
        return await self.open(answer.headers["location"])
