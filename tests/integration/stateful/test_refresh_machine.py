"""TK-02 … TK-05: whatever clients, thieves, clocks and administrators do, in any order.

Two instances share a store and a clock. A model says what each token should do; the store never
holds more than one live leaf a session, none after reuse, and nobody innocent is ever signed out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hexkey.adapters.sql.engine import make_engine
from hexkey.domain.accounts.user import User
from hexkey.domain.errors import HexkeyError
from hexkey.domain.sessions.refresh_token import (
    RefreshTokenRejected,
    RefreshTokenReused,
    Rotate,
    TooManyRefreshes,
    Verdict,
)
from tests.support.builders import ARGON2_HASH
from tests.support.doubles import FrozenClock
from tests.support.refresh_model import Family, Refusal
from tests.support.refreshing import Instance, MakeShelf, Shelf, in_database, in_memory

T = TypeVar("T")

MOST_FAMILIES = 3

instances, picks = st.sampled_from([0, 1]), st.integers(0, 1000)
WAITS = [0.2, 4, 9.999, 10, 61, 299.999, 300, 3600, 7199.999, 7200]
STEPS_BACK = [0.5, 9.999, 60, 3600, 86400]


class RefreshMachine(RuleBasedStateMachine):
    """Does one deed after another, at either instance, and compares with the model."""

    def __init__(self, runner: "asyncio.Runner", shelf: Shelf) -> None:
        super().__init__()
        self.runner, self.clock = runner, FrozenClock()
        self.both = [Instance(shelf, self.clock) for _ in range(2)]
        self.families: list[Family] = []

    @initialize()
    def begin(self) -> None:
        self.users: list[User] = [self.run(self.both[0].register()) for _ in range(2)]
        self.active = {user.id: True for user in self.users}
        self.open(0)

    @precondition(lambda self: len(self.families) < MOST_FAMILIES)
    @rule(pick=picks)
    def open(self, pick: int) -> None:
        user = self.users[pick % len(self.users)]
        if self.active[user.id]:
            session = self.run(self.both[0].open(user))
            self.families.append(Family(session.id, user.id, self.clock.now()))

    @rule(at=instances, pick=picks, arrives=st.sampled_from([True, True, False]))
    def refresh(self, at: int, pick: int, arrives: bool) -> None:
        """The client refreshes with what it has; the answer may be lost on the way."""
        family = self.family(pick)
        answer = self.present(at, family, family.jar)
        if isinstance(answer, int) and arrives:
            family.jar = answer

    @rule(pick=picks, tabs=st.lists(instances, min_size=2, max_size=8))
    def refresh_in_tabs(self, pick: int, tabs: list[int]) -> None:
        """All tabs at once, with the token that they share: one successor for all."""
        family = self.family(pick)
        number = family.jar
        expected = family.present(number, self.clock.now())
        if expected is RefreshTokenReused:  # the first one ends the session
            self.at_once(family, number, tabs, {RefreshTokenReused, RefreshTokenRejected})
        else:
            self.at_once(family, number, tabs, {expected})
        if isinstance(expected, int):
            family.jar = expected

    @rule(at=instances, pick=picks, back=st.integers(1, 6))
    def answer_a_late_tab(self, at: int, pick: int, back: int) -> None:
        """A request that was sent long before arrives, and its answer replaces a newer one."""
        family = self.family(pick)
        number = family.live - back
        if family.is_in_grace(number, self.clock.now()):
            answer = self.present(at, family, number)
            if isinstance(answer, int):
                family.jar = answer

    @rule(at=instances, pick=picks, number=st.integers(1, 40))
    def present_a_stolen_one(self, at: int, pick: int, number: int) -> None:
        family = self.family(pick)
        self.present(at, family, 1 + number % (family.live + 1))

    @rule(pick=picks, deed=st.sampled_from(["end", "disable"]), tabs=st.lists(instances))
    def end_while_tabs_refresh(self, pick: int, deed: str, tabs: list[int]) -> None:
        """RA-05: whoever comes first, afterwards nothing works."""
        family = self.family(pick)
        ending = self.end_ if deed == "end" else self.disable_
        refreshes = [self.both[at].present(family.session, family.jar) for at in tabs]
        outcomes = self.run(self.all(ending(family), *refreshes))[1:]

        known = {RefreshTokenRejected, RefreshTokenReused, TooManyRefreshes}
        assert {type(it) for it in outcomes} <= known | {int}
        self.present(0, family, family.live)

    @rule(at=instances, pick=picks)
    def change_the_password(self, at: int, pick: int) -> None:
        """Every session but the one it is done in is over."""
        kept = self.family(pick)
        if not self.active[kept.user]:
            return
        instance = self.both[at]
        user = self.run(instance.stored_user(kept.user))
        self.run(instance.replace_password(user, ARGON2_HASH, keep=kept.session))
        self.end_all_of(kept, but=kept)

    @rule(at=instances, pick=picks)
    def enable(self, at: int, pick: int) -> None:
        """No session comes back with the user."""
        user = self.family(pick).user
        self.run(self.both[at].enable(user=user))
        self.active[user] = True

    @rule(seconds=st.sampled_from(WAITS))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    @rule(seconds=st.sampled_from(STEPS_BACK))
    def set_the_clock_back(self, seconds: float) -> None:
        self.clock.advance(seconds=-seconds)

    @invariant()
    def at_most_one_leaf_is_live(self) -> None:
        now = self.clock.now()
        for family in self.families:
            stored = self.run(self.both[0].stored(family.session))
            assert stored.is_live(now=now) is not family.is_over(now)
            if stored.is_live(now=now):
                chain = stored.refresh
                assert chain.live == family.live
                numbers = range(1, family.live + 2)
                assert sum(would_rotate(chain.judge, number, now) for number in numbers) == 1

    def present(self, at: int, family: Family, number: int) -> int | Refusal:
        """Refresh with that token, and compare with the model."""
        innocent = number == family.live or family.is_in_grace(number, self.clock.now())
        over = family.is_over(self.clock.now())
        expected = family.present(number, self.clock.now())
        answer = self.outcome(self.both[at].present(family.session, number))

        assert answer == expected
        assert isinstance(answer, int) or over or not innocent or answer is TooManyRefreshes
        return answer

    def at_once(
        self, family: Family, number: int, tabs: list[int], expected: set[int | Refusal]
    ) -> None:
        requests = [self.both[at].present(family.session, number) for at in tabs]
        outcomes = self.run(self.all(*requests))
        assert {it if isinstance(it, int) else type(it) for it in outcomes} <= expected

    async def end_(self, family: Family) -> None:
        await self.both[0].end(user=family.user, session=family.session)
        family.ended = True

    async def disable_(self, family: Family) -> None:
        await self.both[1].disable(user=family.user)
        self.active[family.user] = False
        self.end_all_of(family)

    def end_all_of(self, family: Family, *, but: Family | None = None) -> None:
        for each in self.families:
            each.ended = each.ended or (each.user == family.user and each is not but)

    def family(self, pick: int) -> Family:
        return self.families[pick % len(self.families)]

    def run(self, deed: Awaitable[T]) -> T:
        async def done() -> T:
            return await deed

        return self.runner.run(done())

    def outcome(self, deed: Awaitable[int]) -> int | Refusal:
        try:
            return self.run(deed)
        except HexkeyError as refusal:
            return type(refusal)

    async def all(self, *deeds: Awaitable[int | None]) -> list[int | BaseException | None]:
        """What came of each; only refusals may be among it."""
        outcomes = await asyncio.gather(*deeds, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, HexkeyError):
                raise outcome
        return outcomes


def would_rotate(judge: Callable[..., Verdict], number: int, now: datetime) -> bool:
    try:
        return isinstance(judge(number, now=now), Rotate)
    except TooManyRefreshes:  # it would, later
        return True


@pytest.fixture
def runner() -> Iterator["asyncio.Runner"]:
    with asyncio.Runner() as runner:
        yield runner


def run_machine(
    runner: "asyncio.Runner", make_shelf: MakeShelf, *, examples: int, steps: int
) -> None:
    class Machine(RefreshMachine):
        def __init__(self) -> None:
            super().__init__(runner, make_shelf())

    bounds = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=bounds)


class TestRefreshTokens:
    def test_are_in_memory_as_the_model_says(self, runner: "asyncio.Runner") -> None:
        run_machine(runner, in_memory, examples=150, steps=50)

    def test_are_in_a_database_as_the_model_says(
        self, runner: "asyncio.Runner", database_url: str
    ) -> None:
        engine = make_engine(database_url)
        run_machine(runner, lambda: in_database(engine), examples=25, steps=30)
        runner.run(engine.dispose())
