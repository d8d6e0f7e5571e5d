"""Letters as somebody might get them, for looking at templates."""

from collections.abc import Iterator, Mapping

from hexkey.application.outbox.letters import LETTERS
from hexkey.application.outbox.preparing import span
from hexkey.application.ports.mail import Letter
from hexkey.domain.accounts.one_time_token import LIFETIMES

_VALUES: Mapping[str, str] = {
    "user_name": "Alice Example",
    "address": "alice@example.com",
    "new_address": "mallory@example.net",
    "when": "2026-03-14 15:09 UTC",
    "erase_date": "2026-03-28",
    "code": "314159",
    "device": "Firefox 140 on Linux",
    "network": "192.0.2.0/24",
    "roles": "editor",
}
_NO_TOKEN = "hxk_ot_a-preview-carries-no-token"  # noqa: S105 - it opens nothing


def sample_letters(language: str, *, account_pages: str) -> Iterator[Letter]:
    """One letter of each kind.

    Args:
        account_pages: where links lead, without a slash at the end.
    """
    for kind, plan in LETTERS.items():
        token = f"?token={_NO_TOKEN}" if plan.purpose else ""
        values = {
            **_VALUES,
            "service_name": "",  # the writer knows it
            "link": f"{account_pages}/{plan.page}{token}",
            "second_link": f"{account_pages}/{plan.second_page}{token}",
            "expires": span(LIFETIMES[plan.purpose]) if plan.purpose else "",
        }
        yield Letter(
            kind=kind, language=language, values={name: values[name] for name in plan.values}
        )
