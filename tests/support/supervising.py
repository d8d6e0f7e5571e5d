"""The use cases of supervision, over whatever store a test has."""

from collections.abc import Mapping

from hexkey.application.access.authority import GrantScopes
from hexkey.application.accounts.consequences import Consequences
from hexkey.application.accounts.supervision import SuperviseUser
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.access import AccessStore, RoleDirectory
from hexkey.application.ports.sessions import StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.access import Role, RoleDefinition


class RolesOf(RoleDirectory):
    """Reads the roles of a store, in a transaction."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    async def all(self) -> Mapping[Role, RoleDefinition]:
        async with self._store.begin() as transaction:
            return await transaction.roles.all()


def supervising(
    *, store: AccessStore, tell: Tell, changes: StateChanges, clock: Clock
) -> SuperviseUser:
    """What every change of another's account goes through."""
    follow = Consequences(tell=tell, ids=tell.ids)
    return SuperviseUser(store=store, follow=follow, changes=changes, clock=clock)


def granting(store: AccessStore, known: frozenset[str] = frozenset()) -> GrantScopes:
    """What decides about scopes, where `known` are for everybody."""
    return GrantScopes(roles=RolesOf(store), known=known)
