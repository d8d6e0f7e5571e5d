"""What is left of a user who was erased, in tables that nobody thought of as well."""

import pytest
from sqlalchemy import ColumnElement, Table, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.column_types import BoundedText
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import attempt_counters, metadata
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.rules import Attempted, Rule, ThrottlePolicy, account_of
from tests.contracts.api_keys import a_key
from tests.contracts.erasing import erased, with_everything
from tests.support.builders import a_user
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

# That they were changed is told to other processes; the entry is pruned within the hour.
TOLD = {"state_changes"}
# The trail outlives the account, by ids alone; what must not be changed cannot be erased either.
REMEMBERED = {"audit_events"}
# These are about nobody: keys, endpoints, tasks, and counters under a digest of whose they are.
OF_NOBODY = {
    *("audit_chain", "signing_keys", "leases", "webhook_endpoints", "webhook_subscriptions"),
    *("sign_in_failures", "attempt_counters", "administration", "roles", "role_permissions"),
}


async def rows_about(engine: AsyncEngine, *facts: str) -> dict[str, int]:
    """In how many rows of each table one of `facts` stands, alone or within other text."""
    found = {}
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(select(func.count()).where(_holds(table, facts)))
            found[table.name] = rows.scalar_one()
    return found


async def guessed_at(engine: AsyncEngine, user: User) -> None:
    """Count a failure at the account of `user` under every rule."""
    for device in (None, "a device"):
        tried = Attempted(account=account_of(user), address="203.0.113.7", device=device)
        charges = ThrottlePolicy().charges(tried)
        await SqlFailureCounters(engine).charge(list(charges.values()), now=START)
    async with engine.connect() as connection:
        rows = await connection.execute(select(func.count()).select_from(attempt_counters))
    assert rows.scalar_one() == len(Rule)


def _holds(table: Table, facts: tuple[str, ...]) -> ColumnElement[bool]:
    texts = [column for column in table.columns if isinstance(column.type, BoundedText)]
    return or_(false(), *(func.lower(column).contains(fact) for column in texts for fact in facts))


class TestErasing:
    async def test_leaves_no_row_that_names_the_user(self, engine: AsyncEngine) -> None:
        """Generated over all tables: a new one must be erased from, or be entered above."""
        user = a_user(
            username="ann",
            email="ann@example.com",
            email_verified=True,
            roles=frozenset((ADMIN,)),
        )
        await with_everything(SqlStore(engine), user)
        async with SqlStore(engine).begin() as transaction:
            await transaction.users.add(a_user(roles=frozenset((ADMIN,))))  # another one stays
            await transaction.api_keys.add(a_key(user))
            await transaction.commit()
        await guessed_at(engine, user)
        before = await rows_about(engine, user.id, "ann@example.com")
        assert {name for name, count in before.items() if count} == (
            set(metadata.tables) - TOLD - OF_NOBODY
        )

        assert await erased(SqlStore(engine), user)

        after = await rows_about(engine, user.id, "ann@example.com")
        assert {name for name, count in after.items() if count} == TOLD | REMEMBERED
