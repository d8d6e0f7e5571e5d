"""One-time tokens, inside a transaction on dicts."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.one_time_tokens import OneTimeTokens
from hexkey.domain.accounts.one_time_token import VOID_WITH_PASSWORD, OneTimeToken, Purpose
from hexkey.domain.identifiers import UserId


class MemoryOneTimeTokens(OneTimeTokens):
    """The one-time tokens, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def put(self, token: OneTimeToken, *, now: datetime | None = None) -> OneTimeToken | None:
        known = next((it for it in self._all() if it.id == token.id), None)
        if known is not None:
            return known
        present = await self.find_for(token.purpose, token.subject)
        is_of_the_future = present is not None and now is not None and present.created_at > now
        if present is None or is_of_the_future or _age(present) < _age(token):
            self._keep(token)
            return token
        return None

    async def find(self, digest: str) -> OneTimeToken | None:
        return next((it for it in self._all() if it.digest == digest), None)

    async def find_for(self, purpose: Purpose, subject: str) -> OneTimeToken | None:
        kept = {(it.purpose, it.subject): it for it in self._all()}
        return kept.get((purpose, subject))

    async def replace(self, old: OneTimeToken, new: OneTimeToken) -> bool:
        present = await self.find_for(old.purpose, old.subject)
        if present != old:
            return False
        self._keep(new)
        return True

    async def void(
        self,
        user: UserId,
        *,
        purposes: Collection[Purpose] = VOID_WITH_PASSWORD,
        after: datetime | None = None,
    ) -> None:
        for token in await self.of_user(user):
            if token.purpose in purposes and (after is None or token.created_at > after):
                self._keep(token.voided())

    async def of_user(self, user: UserId) -> Sequence[OneTimeToken]:
        return sorted((it for it in self._all() if it.user == user), key=_age)

    def _keep(self, token: OneTimeToken) -> None:
        self._pending.tokens[token.purpose, token.subject] = token

    def _all(self) -> Iterator[OneTimeToken]:
        changed, erased = self._pending.tokens, self._pending.erased
        yield from changed.values()
        for key, token in self._committed.tokens.items():
            if key not in changed and token.user not in erased:
                yield token


def _age(token: OneTimeToken) -> tuple[object, ...]:
    return (token.created_at, token.id)
