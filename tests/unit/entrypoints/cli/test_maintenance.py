"""`hexkey maintenance …`."""

import asyncio
from datetime import timedelta

from hexkey.adapters.crypto.system import SystemClock
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.leases import SqlLeases
from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

KINDS = {
    *("sessions", "failures", "state_changes", "retired_keys"),
    *("one_time_tokens", "sent_messages", "unsent_messages", "api_keys"),
}


class TestPrune:
    def test_tk_09_says_what_it_deleted(self, hexkey: Program) -> None:
        """TK-09: on a fresh database, nothing; a stable shape for programs."""
        (pruned,) = hexkey.json("maintenance", "prune")

        assert set(pruned) == KINDS
        assert set(pruned.values()) == {0}

    def test_is_read_by_people_too(self, hexkey: Program) -> None:
        result = hexkey("maintenance", "prune")

        assert result.exit_code == 0
        assert "state changes" in result.stdout

    def test_is_refused_while_another_process_is_at_it(self, hexkey: Program) -> None:
        hexkey("maintenance", "prune")
        url = f"sqlite:///{hexkey.folder / 'hexkey-data' / 'hexkey.db'}"

        async def take() -> bool:
            engine, now = make_engine(url), SystemClock().now()
            until = now + timedelta(hours=1)
            taken = await SqlLeases(engine).take("prune", holder="other", now=now, until=until)
            await engine.dispose()
            return taken

        assert asyncio.run(take())
        result = hexkey("maintenance", "prune")

        assert result.exit_code == 1
        assert "(already_pruning)" in result.stderr
