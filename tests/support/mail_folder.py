"""The mails that a real server has written to a folder (`HEXKEY_MAIL_DIR`)."""

import email
import email.policy
import re
from pathlib import Path

from tests.support.http_client import Client

_LOOKS = 2000  # each takes a request's time


def link_mailed(folder: Path, *, to: str, page: str, ask: Client) -> str:
    """The latest link to `page` that was mailed to `to`; waits until there is one.

    Args:
        ask: asked something between two looks, so that time goes by.
    """
    for _ in range(_LOOKS):
        found = [link for file in sorted(folder.glob("*.eml")) for link in _links(file, to, page)]
        if found:
            return found[-1]
        ask.get("/livez")
    raise AssertionError(f"no mail to {to} with a link to {page}")


def _links(file: Path, to: str, page: str) -> list[str]:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    if to not in str(message["To"]) or body is None:
        return []
    return re.findall(rf"https?://\S+/account/{page}\?token=\S+", body.get_content())
