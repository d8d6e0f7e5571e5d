"""The outbox of the memory store, as a worker sees it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hexkey.adapters.memory.committed import Claim
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.outbox import OutboxQueue
from hexkey.domain.outbox import Channel, Message, MessageState


class MemoryOutboxQueue(OutboxQueue):
    """Nothing here waits, so each call is as if it were alone."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def claim(
        self, channel: Channel, *, holder: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        queued = (
            (self._free_at(it), it.id)
            for it in self._kept.messages.values()
            if it.channel is channel and it.state is MessageState.QUEUED
        )
        due = [message for at, message in sorted(queued) if at <= now][:limit]
        self._kept.claims |= dict.fromkeys(due, Claim(holder, until))
        return [self._kept.messages[message] for message in due]

    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        for message in messages:
            claim = self._kept.claims.get(message.id)
            if claim is not None and claim.holder == holder:
                del self._kept.claims[message.id]
                self._kept.messages[message.id] = replace(
                    self._kept.messages[message.id],
                    state=message.state,
                    attempts=message.attempts,
                    due_at=message.due_at,
                    error=message.error,
                    content=message.content,
                )

    async def release(self, *, holder: str) -> None:
        claims = self._kept.claims
        for message in [it for it, claim in claims.items() if claim.holder == holder]:
            del claims[message]

    def _free_at(self, message: Message) -> datetime:
        claim = self._kept.claims.get(message.id)
        return message.due_at if claim is None else claim.until
