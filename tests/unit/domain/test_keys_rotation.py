"""JW-16: keys move on so that no verifier, and no instance, ever meets one it does not know."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.keys import (
    CLOCK_MARGIN,
    JWKS_MAX_AGE,
    KEY_LIFETIME,
    Abandon,
    Announce,
    KeyState,
    Promote,
    Retire,
    RotationPolicy,
    SigningAlgorithm,
    SigningKey,
    Step,
    due_step,
    key_in,
)
from hexkey.domain.sessions.access_token import CLOCK_SKEW
from tests.support.builders import a_signing_key
from tests.support.doubles import START

ES256, RS256, HS256 = SigningAlgorithm.ES256, SigningAlgorithm.RS256, SigningAlgorithm.HS256
TOKEN = timedelta(minutes=15)
POLICY = RotationPolicy.for_tokens(TOKEN)
TICK = timedelta(milliseconds=1)


def key(state: KeyState, algorithm: SigningAlgorithm = ES256) -> SigningKey:
    return a_signing_key(algorithm=algorithm, state=state)


def step(*keys: SigningKey, after: timedelta, algorithm: SigningAlgorithm = ES256) -> Step | None:
    return due_step(keys, algorithm, policy=POLICY, now=START + after)


class TestRotationPolicy:
    def test_jw_16_publishes_for_two_lifetimes_of_the_jwks_and_keeps_for_the_longest_token(
        self,
    ) -> None:
        assert POLICY.announcement >= 2 * JWKS_MAX_AGE + CLOCK_MARGIN
        assert POLICY.retention >= TOKEN + CLOCK_MARGIN
        assert CLOCK_MARGIN > CLOCK_SKEW
        assert POLICY.lifetime == KEY_LIFETIME

    @pytest.mark.parametrize(
        "wrong",
        [
            {"announcement": 2 * JWKS_MAX_AGE - TICK},
            {"lifetime": POLICY.announcement},
        ],
    )
    def test_jw_16_refuses_what_would_surprise_verifiers(self, wrong: dict[str, timedelta]) -> None:
        with pytest.raises(ValueError, match="key"):
            replace(POLICY, **wrong)


class TestDueStep:
    def test_makes_a_key_where_none_is(self) -> None:
        assert step(after=timedelta(0)) == Announce()

    def test_lets_an_announced_key_sign_at_once_where_no_other_does(self) -> None:
        announced = key(KeyState.ANNOUNCED)

        assert step(announced, after=timedelta(0)) == Promote(announced, None)

    def test_announces_the_next_key_in_time(self) -> None:
        signing, due = key(KeyState.SIGNING), POLICY.lifetime - POLICY.announcement

        assert step(signing, after=due - TICK) is None
        assert step(signing, after=due) == Announce()

    def test_jw_16_promotes_when_everybody_had_time_to_hear(self) -> None:
        signing, announced = key(KeyState.SIGNING), key(KeyState.ANNOUNCED)

        assert step(signing, announced, after=POLICY.announcement - TICK) is None
        assert step(signing, announced, after=POLICY.announcement) == Promote(announced, signing)

    def test_jw_16_retires_when_no_token_can_be_alive(self) -> None:
        signing, old = key(KeyState.SIGNING), key(KeyState.VERIFYING)

        assert step(signing, old, after=POLICY.retention - TICK) is None
        assert step(signing, old, after=POLICY.retention) == Retire(old)

    def test_does_nothing_with_a_retired_key(self) -> None:
        keys = key(KeyState.SIGNING), key(KeyState.RETIRED)

        assert step(*keys, after=POLICY.retention * 2) is None

    def test_does_nothing_early_when_the_clock_was_set_back(self) -> None:
        for states in (
            [KeyState.SIGNING],
            [KeyState.SIGNING, KeyState.ANNOUNCED],
            [KeyState.SIGNING, KeyState.VERIFYING],
        ):
            assert step(*map(key, states), after=timedelta(days=-400)) is None

    @pytest.mark.parametrize("state", [KeyState.SIGNING, KeyState.ANNOUNCED])
    def test_leaves_the_key_of_another_algorithm_to_its_instances(self, state: KeyState) -> None:
        """They still sign with it while a change of the algorithm is rolled out."""
        # The one of our algorithm is young, so that nothing is due for its sake.
        other, due = key(state, RS256), POLICY.lifetime + POLICY.announcement
        ours = replace(key(KeyState.SIGNING), state_since=START + due)

        assert step(ours, other, after=due - TICK) is None
        assert step(ours, other, after=due) == Abandon(other)

    def test_retires_the_key_of_another_algorithm(self) -> None:
        ours, other = key(KeyState.SIGNING), key(KeyState.VERIFYING, RS256)

        assert step(ours, other, after=POLICY.retention) == Retire(other)

    def test_makes_no_key_of_a_shared_secret(self) -> None:
        assert step(after=timedelta(0), algorithm=HS256) is None

    def test_a_shared_secret_lets_the_other_keys_end(self) -> None:
        signing, old = key(KeyState.SIGNING), key(KeyState.VERIFYING)
        long = POLICY.lifetime + POLICY.announcement

        assert step(signing, after=long, algorithm=HS256) == Abandon(signing)
        assert step(old, after=POLICY.retention, algorithm=HS256) == Retire(old)


@dataclass
class World:
    """Keys over time, and every token that was ever signed."""

    keys: list[SigningKey] = field(default_factory=list)
    now: datetime = START
    clock: timedelta = timedelta(0)  # what our clock shows more than there is
    tokens: list[tuple[str, datetime]] = field(default_factory=list)
    published: dict[str, datetime] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)

    def do(self, step: Step) -> None:
        shown = self.now + self.clock
        match step:
            case Announce():
                self._put(a_signing_key(state=KeyState.ANNOUNCED, now=shown))
            case Promote(announced, signing):
                if signing is not None:
                    self._put(signing.moved(KeyState.VERIFYING, now=shown))
                    self.began[announced.id] = self.now
                self._put(announced.moved(KeyState.SIGNING, now=shown))
            case Abandon(old):
                self._put(old.moved(KeyState.VERIFYING, now=shown))
            case Retire(old):
                self._put(old.moved(KeyState.RETIRED, now=shown))

    def live(self, policy: RotationPolicy) -> None:
        """Take the steps that are due, sign before and after, and look whether all is well."""
        self._sign()
        while due := due_step(self.keys, ES256, policy=policy, now=self.now + self.clock):
            self.do(due)
        signing = [key for key in self.keys if key.state is KeyState.SIGNING]
        assert len(signing) == 1
        assert len([key for key in self.keys if key.state is KeyState.ANNOUNCED]) <= 1
        self._sign()
        believed = {key.id for key in self.keys if key.is_believed}
        self.tokens = [token for token in self.tokens if self.now < token[1]]
        assert {kid for kid, _ in self.tokens} <= believed

    def _sign(self) -> None:
        signing = key_in(self.keys, ES256, KeyState.SIGNING)
        if signing is not None:
            self.tokens.append((signing.id, self.now + TOKEN))

    def _put(self, key: SigningKey) -> None:
        self.published.setdefault(key.id, self.now)
        self.keys = [*(other for other in self.keys if other.id != key.id), key]


minutes = st.builds(timedelta, minutes=st.integers(1, 60 * 24 * 40))
bits = st.builds(timedelta, minutes=st.integers(1, 90)) | st.builds(
    timedelta, minutes=st.integers(1, 14)
)
# Each bound by itself is half of what the margin allows, so that no two of them exceed it.
offsets = st.builds(timedelta, minutes=st.integers(-29, 29))
moves = st.tuples(st.one_of(minutes, bits), offsets, st.booleans())


class TestAnyHistory:
    @given(st.lists(moves, max_size=40))
    def test_jw_16_keeps_every_token_good_until_its_end(
        self, history: list[tuple[timedelta, timedelta, bool]]
    ) -> None:
        """Whatever the instants, the clocks within their margin, and the operator's impatience."""
        world = World()
        world.live(POLICY)
        for passed, offset, operator in history:
            world.now, world.clock = world.now + passed, offset
            if operator and key_in(world.keys, ES256, KeyState.ANNOUNCED) is None:
                world.do(Announce())
            world.live(POLICY)
        for kid, began in world.began.items():
            assert began - world.published[kid] >= 2 * JWKS_MAX_AGE
