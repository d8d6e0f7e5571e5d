"""Reading mails as their recipients do."""

import re
from urllib.parse import parse_qs, urlsplit

from hexkey.application.ports.mail import Mail

_LINK = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(r"^\s*(\d{6})\s*$", re.MULTILINE)
_TOKEN = re.compile(r"hxk_ot_[\w-]+")


def links_in(mail: Mail) -> list[str]:
    """Every address that the text of the mail leads to, in order."""
    return _LINK.findall(mail.text)


def link_to(mail: Mail, page: str) -> str:
    """The link to one of our pages."""
    found = [it for it in links_in(mail) if urlsplit(it).path.endswith(f"/account/{page}")]
    assert found, f"no link to {page} in {links_in(mail)}"
    return found[0]


def token_in(mail: Mail) -> str:
    """What the links of the mail carry."""
    tokens = {
        it for link in links_in(mail) for it in parse_qs(urlsplit(link).query).get("token", [])
    }
    assert len(tokens) == 1, mail.subject
    return tokens.pop()


def code_in(mail: Mail) -> str:
    """The six digits on a line of their own."""
    (code,) = _CODE.findall(mail.text)
    return str(code)


def secrets_in(mail: Mail) -> list[str]:
    """All that must not be seen elsewhere."""
    return _TOKEN.findall(mail.text) + _CODE.findall(mail.text)
