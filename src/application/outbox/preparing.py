"""From a message of the outbox to a mail: whom it is for, what it says, which link it carries."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from hexkey.application.accounts.mail_decisions import Decision, decide
from hexkey.application.outbox.letters import LETTERS, LetterPlan
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.devices import DeviceNames
from hexkey.application.ports.mail import Letter, LetterWriter, Mail
from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.domain.accounts.one_time_token import (
    VOID_WITH_PASSWORD,
    OneTimeToken,
    Purpose,
)
from hexkey.domain.identifiers import MessageId, TokenId
from hexkey.domain.outbox import Message

_MINUTES, _HOURS = 120, 48  # up to which a time is told in minutes, and in hours


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareMail:
    """Put tokens and write letters, just before they are sent.

    The same message makes the same mail each time: its Message-ID, its link and its code follow
    from the message's id.

    Attributes:
        pages: the configured public URL under which the pages for links lie, without a slash at
            its end; nothing that a client sends has an influence on it.
    """

    store: AccountStore
    secrets: OneTimeSecrets
    letters: LetterWriter
    devices: DeviceNames
    pages: str

    async def __call__(
        self, messages: Sequence[Message], *, now: datetime
    ) -> Mapping[MessageId, Decision]:
        """Decide about messages and keep their tokens, all in one transaction.

        Returns:
            What becomes of those that anybody is to read. The others are for nobody, or their
            link would not work.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        found: dict[MessageId, Decision] = {}
        kept: dict[tuple[Purpose, str], OneTimeToken] = {}
        async with self.store.begin() as transaction:
            for message in messages:
                decision = await decide(
                    message,
                    users=transaction.users,
                    tokens=transaction.one_time_tokens,
                    secrets=self.secrets,
                )
                found[message.id] = decision
                if decision.token is not None:
                    token = await transaction.one_time_tokens.put(decision.token, now=now)
                    if token is not None:  # in place of an earlier one, perhaps of these messages
                        kept[token.purpose, token.subject] = token
            if kept:
                await transaction.commit()
        tokens = {token.id: token for token in kept.values()}
        return {
            message.id: await self._named(message, found[message.id])
            for message in messages
            if _is_of_use(found[message.id], tokens, now=now)
        }

    async def _named(self, message: Message, decision: Decision) -> Decision:
        """`decision` with the name of the device, if the message tells of one."""
        agent = message.content.get("device")
        if agent is None:
            return decision
        # Naming takes milliseconds, and the first time a second: not on the event loop.
        return replace(decision, device=await asyncio.to_thread(self.devices.name, agent))

    def write(self, message: Message, decision: Decision, *, now: datetime) -> Mail:
        """The mail."""
        plan, kind = LETTERS[decision.kind or ""], decision.kind or ""
        values = self._values(message, decision, plan, now=now)
        written = self.letters.write(Letter(kind=kind, language=decision.language, values=values))
        return Mail(
            message_id=f"<{message.id}@{self._host}>",
            date=message.created_at,
            to=decision.to.value,
            subject=written.subject,
            text=written.text,
            html=written.html,
        )

    def _values(
        self, message: Message, decision: Decision, plan: LetterPlan, *, now: datetime
    ) -> Mapping[str, str]:
        known = {
            **message.content,
            "user_name": decision.user_name,
            "address": decision.to.value,
            "device": decision.device,
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


def _is_of_use(decision: Decision, kept: Mapping[TokenId, OneTimeToken], *, now: datetime) -> bool:
    """Whether there is a letter to send, and a link in it would do its act."""
    wanted = decision.token
    if decision.kind is None or wanted is None:
        return decision.kind is not None
    token = kept.get(wanted.id)
    # Somebody has asked again since, or has used or voided the link of an earlier attempt; or the
    # master secret was changed since then, and with it the link.
    if token is None or not token.is_live(now=now) or token.digest != wanted.digest:
        return False
    same_password = token.credential_version == wanted.credential_version
    return same_password or token.purpose not in VOID_WITH_PASSWORD


def span(time: timedelta) -> str:
    """A time as people say it in English: "30 minutes", "24 hours", "7 days"."""
    minutes = max(round(time / timedelta(minutes=1)), 1)
    if minutes <= _MINUTES:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    hours = round(time / timedelta(hours=1))
    return f"{hours} hours" if hours <= _HOURS else f"{round(time / timedelta(days=1))} days"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
