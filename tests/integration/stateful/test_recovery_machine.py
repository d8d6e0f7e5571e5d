"""RC-04, P54, P70: no order, repetition or omission of steps leads where no mail has led.

Strangers, owners and thieves ask for mails, the postman brings them, also late and twice, and
every link and code is presented at every place. Whether it works, and what it changes, is said by
a model that knows only what happened; all accounts are compared with it after each step.
"""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hexkey.domain.accounts.user import User
from tests.support.recovery_model import CODES_LAST, Person
from tests.support.recovery_world import GRACE, OPENS, RecoveryWorld
from tests.support.strategies import bounded

ADDRESSES = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]
NAMES = ["ann", "bob", None]
WAITS = [0.001, 1, 1, 60, 60, 540, 600, 1740, 1800, 3600, 86_400, 604_800]
addresses, names = st.sampled_from(ADDRESSES), st.sampled_from(NAMES)
places, picks = st.sampled_from(list(OPENS)), st.integers(0, 1000)
often = st.sampled_from([True, True, False])
seldom, backs = st.sampled_from([False, False, True]), st.sampled_from([0, 0, 0, 1, 2])
flows = st.sampled_from(["right", "right", "none", "other"])


class RecoveryMachine(RecoveryWorld, RuleBasedStateMachine):
    """Does one deed after another, and compares with the model."""

    @initialize()
    def begin(self) -> None:
        """Two owners with an address each."""
        for name, email in (("ann", ADDRESSES[0]), ("bob", ADDRESSES[1])):
            self.register(name=name, email=email)
            self.deliver()
            [*_, token] = self.model.mailed
            self.present("confirm", token, token=self.read[token.id].token)

    # What people ask for; often the postman comes at once

    @rule(name=names, email=addresses)
    def register(self, name: str | None, email: str) -> None:
        password = self.password()
        taken = self.taken(name, email)
        made = self.outcome(
            self.life.on.register(username=name, email=email, password=password), taken
        )
        if isinstance(made, User):
            self.model.people.append(Person(made.id, name, email, password))

    @rule(name=names, email=addresses, at_once=often)
    def register_by_mail(self, name: str | None, email: str, at_once: bool) -> None:
        taken = self.taken(name, None)
        self.asked(
            self.outcome(
                self.register_verified(username=name, email=email, password=self.password()), taken
            ),
            at_once=at_once,
        )

    @rule(email=addresses, at_once=often)
    def ask_for_a_reset(self, email: str, at_once: bool) -> None:
        self.asked(self.run(self.life.request_reset(email=email)), at_once=at_once)

    @rule(email=addresses, at_once=often)
    def ask_for_a_verification(self, email: str, at_once: bool) -> None:
        self.asked(self.run(self.life.request_verification(email=email)), at_once=at_once)

    @rule(email=addresses, at_once=often)
    def invite(self, email: str, at_once: bool) -> None:
        taken = self.taken(None, email)
        self.outcome(self.life.invite(email=email), taken)
        self.asked(None, at_once=at_once)

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, email=addresses, at_once=often)
    def ask_for_another_address(self, pick: int, email: str, at_once: bool) -> None:
        person = self.person(pick)
        if person.active:
            self.run(self.life.request_change(user=person.id, email=email))
            self.asked(None, at_once=at_once)

    # Whole journeys, so that what comes after them is tried as well

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, email=addresses, told=often)
    def move_to_another_address(self, pick: int, email: str, told: bool) -> None:
        self.ask_for_another_address(pick=pick, email=email, at_once=True)
        self.use_a_link_where_it_leads(place="confirm_change", back=0)
        if told:
            self.deliver()

    @rule(email=addresses, by_code=st.booleans())
    def forget_the_password(self, email: str, by_code: bool) -> None:
        self.ask_for_a_reset(email=email, at_once=True)
        if by_code:
            self.type_a_code(place="reset", back=0, flow="right", wrong=False)
        else:
            self.use_a_link_where_it_leads(place="reset", back=0)

    @rule(name=names, email=addresses, place=st.sampled_from(["confirm", "disown", "reset"]))
    def register_and_answer(self, name: str | None, email: str, place: str) -> None:
        self.register(name=name, email=email)
        self.deliver()
        if place == "reset":  # RC-13: as whoever finds an account made with their address
            self.ask_for_a_reset(email=email, at_once=True)
        self.use_a_link_where_it_leads(place=place, back=0)

    @rule(place=st.sampled_from(["undo", "undo", "restore"]), back=backs, forgotten=st.booleans())
    def take_back_what_was_done(self, place: str, back: int, forgotten: bool) -> None:
        self.use_a_link_where_it_leads(place=place, back=back)
        if forgotten:  # an undoing leaves no password, and mails the way to a new one
            self.deliver()
            self.use_a_link_where_it_leads(place="reset", back=0)

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, email=addresses, place=st.sampled_from(["reset", "confirm_change"]))
    def lock_a_thief_out(self, pick: int, email: str, place: str) -> None:
        """What was mailed before the password was changed is of no use after it."""
        if place == "reset":
            self.ask_for_a_reset(email=self.person(pick).email or email, at_once=True)
        else:
            self.ask_for_another_address(pick=pick, email=email, at_once=True)
        self.change_the_password(pick=pick)
        self.use_a_link_where_it_leads(place=place, back=0)

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, to=st.permutations(ADDRESSES), back=st.permutations([0, 1]))
    def move_twice_and_take_back(self, pick: int, to: list[str], back: list[int]) -> None:
        """An older undoing outweighs a younger one, whichever is used first."""
        for email in to[:2]:
            self.wait(seconds=60)
            self.move_to_another_address(pick=pick, email=email, told=True)
        for each in back:
            self.use_a_link_where_it_leads(place="undo", back=each)

    # What owners, operators and time do

    @precondition(lambda self: self.model.people)
    @rule(pick=picks)
    def sign_in(self, pick: int) -> None:
        person = self.person(pick)
        if person.active and person.password is not None:
            login = person.username or person.email or ""
            issued = self.run(self.life.on.sign_in(login=login, password=person.password))
            person.sessions.add(issued.session)

    @precondition(lambda self: self.model.people)
    @rule(pick=picks)
    def change_the_password(self, pick: int) -> None:
        person, new = self.person(pick), self.password()
        if person.active and person.password is not None:
            change = self.life.on.change_password(
                user=person.id, current_password=person.password, new_password=new
            )
            self.run(change)
            self.model.new_password(person, new)
            person.sessions.clear()

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, off=st.booleans(), on=st.booleans())
    def disable_and_enable(self, pick: int, off: bool, on: bool) -> None:
        person = self.person(pick)
        if off:
            self.run(self.life.on.disable(user=person.id))
            self.model.refuse(person)
        if on:
            self.run(self.life.on.enable(user=person.id))
            over = person.erase_at is not None and person.erase_at <= self.life.clock.now()
            if over and not person.active:  # an operator calls off what nobody else could
                person.erase_at = None
            person.active = True

    @precondition(lambda self: self.model.people)
    @rule(pick=picks)
    def leave(self, pick: int) -> None:
        person = self.person(pick)
        if person.active:
            self.run(self.life.leave(user=person.id))
            person.erase_at = person.erase_at or self.life.clock.now() + GRACE
            person.sessions.clear()

    @precondition(lambda self: self.model.people)
    @rule(pick=picks)
    def stay(self, pick: int) -> None:
        person = self.person(pick)
        if person.active:
            self.run(self.life.restore(user=person.id))
            person.erase_at = None

    @rule()
    def erase_those_who_left(self) -> None:
        self.run(self.life.erase_due())
        for person in [*self.model.people]:
            if person.erase_at is not None and person.erase_at <= self.life.clock.now():
                self.model.refuse(person)
                if self.run(self.life.on.stores.users.find(person.id)) is None:
                    self.model.people.remove(person)

    @rule(seconds=st.sampled_from(WAITS))
    def wait(self, seconds: float) -> None:
        self.life.clock.advance(seconds=seconds)

    # What the postman does

    @rule()
    def deliver(self) -> None:
        self.bring_the_mail()

    @precondition(lambda self: self.sent)
    @rule(pick=picks)
    def deliver_again(self, pick: int) -> None:
        self.hand_over(self.sent[pick % len(self.sent)])

    # What is done with it

    @precondition(lambda self: self.read)
    @rule(pick=picks, place=places)
    def use_a_link_anywhere(self, pick: int, place: str) -> None:
        token = self.one_read(pick)
        self.present(place, token, token=self.read[token.id].token)

    @rule(place=places, back=backs)
    def use_a_link_where_it_leads(self, place: str, back: int) -> None:
        token = self.one_for(place, back)
        if token is not None:
            self.present(place, token, token=self.read[token.id].token)

    @rule(place=st.sampled_from(["reset", "confirm"]), back=backs, flow=flows, wrong=seldom)
    def type_a_code(self, place: str, back: int, flow: str, wrong: bool) -> None:
        token = self.one_for(place, back)
        if token is None:
            return
        own = self.life.secrets.code(token.id)
        code = f"{(int(own) + 1) % 10**6:06}" if wrong else own
        shown = {"right": token.flow, "other": "another-flow"}.get(flow)
        matched = self.tried(place, token, shown, wrong=wrong)
        self.present(place, matched, email=token.address, code=code, flow=shown)

    @rule(place=places, late=st.booleans())
    def use_a_link_at_its_last_instant(self, place: str, late: bool) -> None:
        token = self.one_for(place, 0)
        if token is not None and token.is_live(self.life.clock.now()):
            self.wait_until(token.expires, late=late)
            self.present(place, token, token=self.read[token.id].token)

    @rule(place=st.sampled_from(["reset", "confirm"]), late=st.booleans())
    def type_a_code_at_its_last_instant(self, place: str, late: bool) -> None:
        token = self.one_for(place, 0)
        if token is not None and token.takes_codes(self.life.clock.now()):
            self.wait_until(token.created + CODES_LAST, late=late)
            self.type_a_code(place=place, back=0, flow="right", wrong=False)

    @rule(place=st.sampled_from(["reset", "confirm"]), guesses=st.sampled_from([4, 5]))
    def guess_a_code(self, place: str, guesses: int) -> None:
        for _ in range(guesses):
            self.type_a_code(place=place, back=0, flow="right", wrong=True)
        self.type_a_code(place=place, back=0, flow="right", wrong=False)

    @rule(place=places, junk=st.sampled_from(["", "hxk_ot_", "x" * 55]), email=addresses)
    def skip_the_mail(self, place: str, junk: str, email: str) -> None:
        self.present(place, None, token=junk)
        if place in ("reset", "confirm"):
            self.present(place, None, email=email, code="", flow=None)
            self.present(place, None)

    @invariant()
    def accounts_are_as_the_model_says(self) -> None:
        stored = self.life.store.committed.users
        assert stored.keys() == {person.id for person in self.model.people}
        for person in self.model.people:
            self.compare(person, stored[person.id])


@pytest.fixture
def runner() -> Iterator["asyncio.Runner"]:
    with asyncio.Runner() as runner:
        yield runner


def run_machine(runner: "asyncio.Runner", *, examples: int, steps: int) -> None:
    class Machine(RecoveryMachine):
        def __init__(self) -> None:
            RuleBasedStateMachine.__init__(self)
            RecoveryWorld.__init__(self, runner)

    run_state_machine_as_test(Machine, settings=bounded(examples=examples, steps=steps))


class TestRecovery:
    def test_rc_04_no_way_leads_around_the_mail(self, runner: "asyncio.Runner") -> None:
        """RC-02, RC-03, RC-04, RC-06, RC-10, RC-13, RC-14, P54, P70."""
        run_machine(runner, examples=120, steps=80)
