"""What a page needs to know of one visitor, and how it is drawn for them."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hexkey.entrypoints.container import Container
from hexkey.entrypoints.http.pages.words import Words, words_in
from hexkey.entrypoints.setting_values import is_loopback

PREFIX = "/account"

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for a page.

    Attributes:
        words: in the language that the browser prefers, as far as we know it.
        root: the prefix under which this visitor reaches the service.
        referrer_policy: what a browser tells others about where it came from.
    """

    words: Words
    service: str
    root: str
    referrer_policy: str

    def path(self, page: str) -> str:
        """Where the visitor finds `page`."""
        return f"{self.root}{PREFIX}/{page}"

    def show(
        self, template: str, section: str, *, status: int = HTTPStatus.OK, **values: Any
    ) -> Response:
        """The page `template` in the words of `section`.

        Args:
            values: what the template names; `address` may also stand in the words. All of it is
                text, and none of it becomes markup.
        """
        words = dict(self.words.of(section))
        words["text"] = words.get("text", "").format(
            address=values.get("address"), service=self.service
        )
        return self.draw(template, words=words, status=status, **values)

    def draw(
        self, template: str, *, words: Any, status: int = HTTPStatus.OK, **more: Any
    ) -> Response:
        """The page `template` with these `words`; for what is not a section."""
        page = _environment().get_template(template)
        known = {
            "language": self.words.language,
            "service": self.service,
            "fields": self.words.of("fields"),
            "words": words,
            "title": words["title"],
            "text": words["text"],
            "refusal": None,
        }
        headers = {
            "Content-Security-Policy": _policy(),
            "Referrer-Policy": self.referrer_policy,
            "Content-Language": self.words.language,
        }
        return Response(page.render({**known, **more}), status, headers, "text/html")

    def onward(self, what: str) -> Response:
        """To the page that says `what` was done, by GET, so that a reload repeats nothing."""
        place = f"{self.path('done')}?{urlencode({'what': what})}"
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": place})


async def visit_of(request: Request) -> Visit:
    """What we know of whoever makes `request`."""
    container: Container = request.app.state.container
    settings = container.settings()
    header = request.headers.get("accept-language", "")
    wanted = container.letter_writer().language_for(header)
    return Visit(
        words=words_in(wanted, settings.language),
        service=settings.service_name,
        root=request.scope.get("root_path", ""),
        referrer_policy=_referrer_policy(settings.public_url),
    )


Visitor = Annotated[Visit, Depends(visit_of)]


def _referrer_policy(public_url: str) -> str:
    """None at all; without TLS a browser needs leave to tell at least the origin of a form."""
    is_trustworthy = public_url.startswith("https:") or is_loopback(public_url)
    return "no-referrer" if is_trustworthy else "strict-origin"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"style": Markup(_style()), "script": Markup(_script())}  # noqa: S704 - our own files
    return environment


def _style() -> str:
    return (_FOLDER / "page.css").read_text("utf-8")


def _script() -> str:
    return (_FOLDER / "show-password.js").read_text("utf-8")


@cache
def _policy() -> str:
    """Nothing from anywhere but the one style sheet and the one script that we know by heart."""
    return (
        f"default-src 'none'; style-src {_hash(_style())}; script-src {_hash(_script())};"
        " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
