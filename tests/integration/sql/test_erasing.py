"""What is left of a user who was erased, in tables that nobody thought of as well."""

import pytest
from sqlalchemy import ColumnElement, Table, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.column_types import BoundedText
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import metadata
from hexkey.domain.access import ADMIN
from tests.contracts.api_keys import a_key
from tests.contracts.erasing import erased, with_everything
from tests.support.builders import a_user

pytestmark = pytest.mark.anyio

# That they were changed is told to other processes; the entry is pruned within the hour.
TOLD = {"state_changes"}
# The trail outlives the account, by ids alone; what must not be changed cannot be erased either.
REMEMBERED = {"audit_events"}
# These are about nobody: keys, endpoints, tasks, and counters under a digest of what was typed.
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
        before = await rows_about(engine, user.id, "ann@example.com")
        assert {name for name, count in before.items() if count} == (
            set(metadata.tables) - TOLD - OF_NOBODY
        )

        assert await erased(SqlStore(engine), user)

        after = await rows_about(engine, user.id, "ann@example.com")
        assert {name for name, count in after.items() if count} == TOLD | REMEMBERED
