"""Roles as a deployment defines them, and whether it has ever been administered."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from hexkey.application.ports.api_keys import ApiKeys
from hexkey.application.ports.sessions import SessionTransaction
from hexkey.domain.access import Role, RoleDefinition


class Roles(Protocol):
    """The definitions of roles, inside one transaction; `admin` needs none and has none."""

    async def all(self) -> Mapping[Role, RoleDefinition]:
        """Every definition."""
        ...

    async def find(self, name: Role) -> RoleDefinition | None:
        """That definition, which stays as found until the transaction ends."""
        ...

    async def put(self, role: RoleDefinition) -> None:
        """Keep `role`, in place of what was kept under its name."""
        ...

    async def remove(self, name: Role) -> bool:
        """Forget that definition; whether there was one.

        Raises:
            RoleInUse: if somebody holds the role.
        """
        ...


class Administration(Protocol):
    """Whether there has ever been an administrator, inside one transaction."""

    async def has_begun(self) -> bool:
        """Whether somebody was ever given the role `admin`, whatever became of them."""
        ...

    async def begin(self, *, now: datetime) -> bool:
        """Take down that there is the first administrator; giving the role does that by itself.

        Returns:
            False, and nothing changed, if it has begun; of several at once, one gets True.
        """
        ...


class AccessTransaction(SessionTransaction, Protocol):
    """What the flows of administration change together."""

    @property
    def roles(self) -> Roles:
        """The definitions of roles, as this transaction sees and changes them."""
        ...

    @property
    def administration(self) -> Administration:
        """Whether it has begun, as this transaction sees and changes it."""
        ...

    @property
    def api_keys(self) -> ApiKeys:
        """The API keys, as this transaction sees and changes them."""
        ...


class AccessStore(Protocol):
    """Where roles and API keys are kept, beside the users they belong to."""

    def begin(self) -> AbstractAsyncContextManager[AccessTransaction]:
        """Open a transaction, as `AccountStore.begin` does."""
        ...


class RoleDirectory(Protocol):
    """Looking roles up, without a transaction."""

    async def all(self) -> Mapping[Role, RoleDefinition]:
        """Every definition, as last committed: what a role permits counts from then on."""
        ...


class SetupTokens(Protocol):
    """The one secret that makes the first administrator of a deployment."""

    def token(self) -> str:
        """It: `hxk_su_…`, 256 bits and a checksum; the same on every instance."""
        ...

    def is_token(self, text: str) -> bool:
        """Whether `text` is it; takes the same time for each."""
        ...
