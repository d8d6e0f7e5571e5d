"""One-time tokens: where they are kept, and what makes their secrets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from hexkey.domain.accounts.one_time_token import VOID_WITH_PASSWORD, OneTimeToken, Purpose
from hexkey.domain.identifiers import MessageId, TokenId, UserId


class OneTimeTokens(Protocol):
    """The one-time tokens, inside one transaction."""

    async def put(self, token: OneTimeToken, *, now: datetime | None = None) -> OneTimeToken | None:
        """Keep `token` in place of any other of its purpose and subject.

        A token that was put before under its id stays as it is, with what happened to it: a
        repeated delivery does not revive it. Nor does it void a newer one: then `token` is not
        kept at all.

        Args:
            now: what was made later than this, by a clock that was set back since, is no newer
                one; or nobody could get another until the old time comes round again.

        Returns:
            The token of this id as it is kept; `None` if it is not.
        """
        ...

    async def find(self, digest: str) -> OneTimeToken | None:
        """The token with this digest, which stays as found until the transaction ends."""
        ...

    async def find_for(self, purpose: Purpose, subject: str) -> OneTimeToken | None:
        """The latest token of this purpose about this subject, as `find` finds it."""
        ...

    async def replace(self, old: OneTimeToken, new: OneTimeToken) -> bool:
        """Swap `old` for `new`, atomically.

        Returns:
            False, and nothing changed, if the stored token is not `old` any more.
        """
        ...

    async def void(
        self,
        user: UserId,
        *,
        purposes: Collection[Purpose] = VOID_WITH_PASSWORD,
        after: datetime | None = None,
    ) -> None:
        """Let no token of `user` for any of `purposes` be used any more, nor be put again.

        Args:
            after: leave alone those that were created at that instant or earlier.
        """
        ...

    async def of_user(self, user: UserId) -> Sequence[OneTimeToken]:
        """Every token of `user` that is still kept, the oldest first."""
        ...


class OneTimeSecrets(Protocol):
    """Makes the secrets that mails carry; the same id always has the same ones."""

    def link(self, id: MessageId, purpose: Purpose) -> str:
        """The secret in the link: 256 bits, of the form `hxk_ot_…` with a checksum.

        That of one purpose is no secret of another.
        """
        ...

    def digest(self, secret: str) -> str | None:
        """What is stored of a secret, be it a link's or a flow's; `None` for what is no secret."""
        ...

    def code(self, id: TokenId) -> str:
        """The six digits that belong to the token."""
        ...

    def is_code(self, id: TokenId, text: str) -> bool:
        """Whether `text` is the token's code; takes the same time for each."""
        ...
