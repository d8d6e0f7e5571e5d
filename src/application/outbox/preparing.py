"""From a message of the outbox to a mail: whom it is for, what it says, which link it carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from hexkey.application.accounts.mail_decisions import Decision, decide
from hexkey.application.outbox.letters import LETTERS, LetterPlan
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.mail import Letter, LetterWriter, Mail
from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.domain.accounts.one_time_token import VOID_WITH_PASSWORD, OneTimeToken
from hexkey.domain.outbox import Message

_MINUTES, _HOURS = 120, 48  # up to which a time is told in minutes, and in hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareMail:
    """Put the token and write the letter, just before it is sent.

    The same message makes the same mail each time: its Message-ID, its link and its code follow
    from the message's id.

    Attributes:
        pages: the configured public URL under which the pages for links lie, without a slash at
            its end; nothing that a client sends has an influence on it.
    """

    store: AccountStore
    secrets: OneTimeSecrets
    letters: LetterWriter
    pages: str

    async def __call__(self, message: Message, *, now: datetime) -> Mail | None:
        """Return the mail, or `None` if there is nobody to write to, or its link would not work.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        decision = await self._decided(message, now=now)
        if decision is None or decision.kind is None:
            return None
        letter = Letter(
            kind=decision.kind,
            language=decision.language,
            values=self._values(message, decision, LETTERS[decision.kind], now=now),
        )
        written = self.letters.write(letter)
        return Mail(
            message_id=f"<{message.id}@{self._host}>",
            date=message.created_at,
            to=decision.to.value,
            subject=written.subject,
            text=written.text,
            html=written.html,
        )

    async def _decided(self, message: Message, *, now: datetime) -> Decision | None:
        """What becomes of the message, once its token is kept."""
        async with self.store.begin() as transaction:
            decision = await decide(message, users=transaction.users, secrets=self.secrets)
            if decision.token is None:
                return decision
            await transaction.one_time_tokens.put(decision.token)
            kept = await transaction.one_time_tokens.find(decision.token.digest)
            await transaction.commit()
        # Somebody has asked again since, or has used or voided the link of an earlier attempt.
        works = (
            kept is not None
            and kept.is_live(now=now)
            and (
                kept.credential_version == decision.token.credential_version
                or kept.purpose not in VOID_WITH_PASSWORD
            )
        )
        return decision if works else None

    def _values(
        self, message: Message, decision: Decision, plan: LetterPlan, *, now: datetime
    ) -> Mapping[str, str]:
        known = {
            **message.content,
            "user_name": decision.user_name,
            "address": decision.to.value,
            "when": _instant(message.created_at),
            **self._links(message, plan),
        }
        if plan.purpose is not None and decision.token is not None:
            known["expires"] = span(decision.token.expires_at - now)
        if plan.has_code and decision.token is not None:
            known["code"] = self._code(decision, decision.token)
        return {name: known.get(name, "") for name in plan.values - {"service_name"}}

    def _links(self, message: Message, plan: LetterPlan) -> Mapping[str, str]:
        secret = ""
        if plan.purpose is not None:
            secret = f"?token={self.secrets.link(message.id, plan.purpose)}"
        pages = {"link": plan.page, "second_link": plan.second_page}
        return {name: f"{self.pages}/{page}{secret}" for name, page in pages.items() if page}

    def _code(self, decision: Decision, token: OneTimeToken) -> str:
        return self.secrets.code(token.id) if decision.takes_codes else ""

    @property
    def _host(self) -> str:
        host = urlsplit(self.pages).hostname or ""
        return f"[{host}]" if ":" in host else host


def span(time: timedelta) -> str:
    """A time as people say it in English: "30 minutes", "24 hours", "7 days"."""
    minutes = max(round(time / timedelta(minutes=1)), 1)
    if minutes <= _MINUTES:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    hours = round(time / timedelta(hours=1))
    return f"{hours} hours" if hours <= _HOURS else f"{round(time / timedelta(days=1))} days"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
