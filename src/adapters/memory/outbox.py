"""The outbox, inside a transaction on dicts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.outbox import Outbox, RecentMail
from hexkey.domain.accounts.user import User
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel, Message


class MemoryOutbox(Outbox):
    """The outbox, as one transaction sees and fills it."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def add(self, message: Message) -> None:
        if message.id in self._pending.messages or message.id in self._committed.messages:
            raise ValueError(f"there is a message {message.id} already")
        self._pending.messages[message.id] = message

    async def recent(
        self, *, kind: str, recipient_key: str, network: str | None, since: datetime
    ) -> RecentMail:
        asked = [
            it
            for it in self._all()
            if it.channel is Channel.MAIL and it.user is None and it.created_at >= since
        ]
        asked.sort(key=lambda it: it.created_at, reverse=True)
        to_recipient = [it for it in asked if it.recipient_key == recipient_key]
        return RecentMail(
            to_recipient=[it.created_at for it in to_recipient],
            of_kind=[it.created_at for it in to_recipient if it.kind == kind],
            from_network=[
                it.created_at for it in asked if network is not None and it.network == network
            ],
        )

    async def about(self, user: User) -> Sequence[Message]:
        found = (it for it in self._all() if it.concerns(user))
        return sorted(found, key=lambda it: (it.created_at, it.id))

    async def subscribers(self, event: EventType) -> Sequence[EndpointId]:
        endpoints = self._committed.endpoints.values()
        return sorted(endpoint.id for endpoint in endpoints if event in endpoint.events)

    def _all(self) -> Iterator[Message]:
        erased = self._pending.erased.values()
        yield from self._pending.messages.values()
        for message in self._committed.messages.values():
            if not any(message.concerns(user) for user in erased):
                yield message
