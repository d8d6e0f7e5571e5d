"""Reading what a real SMTP server got, as its recipients do."""

import re
from urllib.parse import parse_qs, urlsplit

from tests.support.faults_http import eventually
from tests.support.smtp import PostOffice, Received


async def received(office: PostOffice, to: str, *, number: int = 1) -> Received:
    """The mail of this number to `to`, as soon as it is there.

    Raises:
        TimeoutError: if it does not come within 20 seconds.
    """

    async def is_there() -> bool:
        return len(_of(office, to)) >= number

    await eventually(is_there, within=20)
    return _of(office, to)[number - 1]


def token_of(mail: Received) -> str:
    """What its first link carries."""
    link = next(it for it in mail.text.split() if "?token=" in it)
    return parse_qs(urlsplit(link).query)["token"][0]


def code_of(mail: Received) -> str:
    """The six digits on a line of their own."""
    (code,) = re.findall(r"^\s*(\d{6})\s*$", mail.text, re.MULTILINE)
    return str(code)


def _of(office: PostOffice, to: str) -> list[Received]:
    return [it for it in office.received if it.to == to]
