"""An event of the audit trail is part of the transaction of its deed, on both databases."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, func, select

from hexkey.adapters.sql.audit_tables import audit_events
from hexkey.domain.authentication.rules import Rule
from tests.support.api import PASSWORD, Api, an_api
from tests.support.devices import Device, a_new_device

pytestmark = pytest.mark.anyio

Deed = Callable[[Api, Device], Awaitable[object]]


async def register(api: Api, _: Device) -> object:
    return await api.register("bob")


async def sign_in(api: Api, _: Device) -> object:
    return await api.call("POST", "/sessions", json={"login": "alice", "password": PASSWORD})


async def refresh(_: Api, device: Device) -> object:
    return await device.renew()


async def sign_out(api: Api, device: Device) -> object:
    headers = {"Authorization": f"Bearer {device.access}"}
    return await api.call("DELETE", "/sessions/current", headers=headers)


class Commits:
    """Counts what an engine commits: at the end of a transaction, or with a single statement."""

    def __init__(self, api: Api) -> None:
        self.count = 0
        engine = api.container.engine().sync_engine
        event.listen(engine, "commit", lambda _: self._more())
        event.listen(engine, "before_cursor_execute", self._statement)

    def _more(self) -> None:
        self.count += 1

    def _statement(self, connection: object, _: object, statement: str, *__: object) -> None:
        options = connection.get_execution_options()  # type: ignore[attr-defined]  # of SQLAlchemy
        alone = "hexkey_autocommit" in options or options.get("isolation_level") == "AUTOCOMMIT"
        self.count += alone and "SELECT" not in statement.split(maxsplit=1)[0]


@pytest.mark.parametrize("deed", [register, sign_in, refresh, sign_out])
async def test_lg_02_an_event_adds_no_commit_of_its_own(database_url: str, deed: Deed) -> None:
    """LG-02: one commit for the deed and what is written down of it."""
    rules: dict[str, Any] = {
        f"throttle_{rule}": "off" for rule in Rule
    }  # counts in transactions of its own
    async with an_api(database_url=database_url, **rules) as api:
        device = await a_new_device(api)
        await api.fall_silent()
        before = await events(api)
        commits = Commits(api)

        await deed(api, device)

        assert commits.count == 1
        assert await events(api) == before + 1


async def events(api: Api) -> int:
    async with api.container.engine().connect() as connection:
        found = await connection.execute(select(func.count()).select_from(audit_events))
        count: int = found.scalar_one()
        return count
