"""RC-04, P54, P70: no order, repetition or omission of steps leads where no mail has led.

Strangers, owners and thieves ask for mails, the postman brings them, also late and twice, and
every link and code is presented at every place. Whether it works, and what it changes, is said by
a model that knows only what happened; all accounts are compared with it after each step.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hexkey.application.accounts.mail_requests import MailRequestPolicy
from hexkey.application.accounts.registration import RegistrationMode, RegistrationPolicy
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.domain.accounts.password import Password
from hexkey.domain.accounts.user import EmailTaken, User, UsernameTaken
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import TokenId
from hexkey.domain.outbox import Channel, Message
from hexkey.domain.sessions.session import SessionPolicy
from tests.support.account_life import AccountLife, Delivered
from tests.support.deployments import MemoryDeployment
from tests.support.recovery_model import LASTS, C, I, K, Mailed, P, Person, R, RecoveryModel, U, V
from tests.support.strategies import bounded

T = TypeVar("T")

ADDRESSES = ["a@example.com", "b@example.com", "c@example.com"]
NAMES = ["ann", "bob", None]
WAITS = [0.001, 1, 540, 600, 1740, 1800, 3600, 86_400, 604_800]
AGES = timedelta(days=3650)
GRACE = timedelta(hours=1)

PURPOSES = {
    "verify_email": V,
    "finish_registration": R,
    "reset_password": P,
    "change_email": C,
    "email_changed_old": U,
    "deletion_scheduled": K,
    "invitation": I,
}
REQUESTS = {"registration": R, "verification": V, "password_reset": P}
OPENS: dict[str, tuple[Purpose, ...]] = {
    "reset": (P,),
    "confirm": (V, R),
    "disown": (V,),
    "confirm_change": (C,),
    "undo": (U,),
    "restore": (K,),
    "accept": (I,),
}

addresses, names = st.sampled_from(ADDRESSES), st.sampled_from(NAMES)
places, picks = st.sampled_from(list(OPENS)), st.integers(0, 1000)
flows = st.sampled_from(["right", "right", "none", "other"])


class RecoveryMachine(RuleBasedStateMachine):
    """Does one deed after another, and compares with the model."""

    def __init__(self, runner: "asyncio.Runner") -> None:
        super().__init__()
        self.runner = runner
        many = MailRequestPolicy(pause=timedelta(0), hourly=10**6, per_network=10**6)
        deployment = MemoryDeployment(
            session_policy=SessionPolicy(idle=AGES, absolute=AGES),
            mail_policy=many,
        )
        self.run(deployment.ensure_signing_key())
        self.life, self.model = AccountLife(deployment, grace=GRACE), RecoveryModel()
        verified = RegistrationPolicy(mode=RegistrationMode.VERIFIED)
        self.register_verified = replace(deployment.register_user, policy=verified)
        self.flows: dict[str, str] = {}
        self.sent: list[Message] = []
        self.read: dict[TokenId, Delivered] = {}
        self.passwords = 0

    # What people ask for

    @rule(name=names, email=addresses)
    def register(self, name: str | None, email: str) -> None:
        password = self.password()
        taken = self.taken(name, email)
        made = self.outcome(
            self.life.on.register(username=name, email=email, password=password), taken
        )
        if isinstance(made, User):
            self.model.people.append(Person(made.id, name, email, password))

    @rule(name=names, email=addresses)
    def register_by_mail(self, name: str | None, email: str) -> None:
        taken = {UsernameTaken} if self.model.named(name) else set()
        self.asked(
            self.outcome(
                self.register_verified(username=name, email=email, password=self.password()), taken
            )
        )

    @rule(email=addresses)
    def ask_for_a_reset(self, email: str) -> None:
        self.asked(self.run(self.life.request_reset(email=email)))

    @rule(email=addresses)
    def ask_for_a_verification(self, email: str) -> None:
        self.asked(self.run(self.life.request_verification(email=email)))

    @rule(email=addresses)
    def invite(self, email: str) -> None:
        taken = {EmailTaken} if self.model.holder(email) else set()
        self.outcome(self.life.invite(email=email), taken)

    @precondition(lambda self: self.model.people)
    @rule(pick=picks, email=addresses)
    def ask_for_another_address(self, pick: int, email: str) -> None:
        person = self.person(pick)
        if person.active:
            self.run(self.life.request_change(user=person.id, email=email))

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
        now = self.life.clock.now()
        claim = self.life.queue.claim(
            Channel.MAIL, holder="postman", now=now, until=now, limit=1000
        )
        for message in self.run(claim):
            self.hand_over(message)
            self.sent.append(message)
            self.run(self.life.queue.settle([message.done()], holder="postman"))

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

    @precondition(lambda self: self.read)
    @rule(pick=picks)
    def use_a_link_where_it_leads(self, pick: int) -> None:
        token = self.one_read(pick)
        fitting = [place for place, opened in OPENS.items() if token.purpose in opened]
        self.present(fitting[pick % len(fitting)], token, token=self.read[token.id].token)

    @precondition(lambda self: self.read)
    @rule(pick=picks, place=st.sampled_from(["reset", "confirm"]), flow=flows, wrong=st.booleans())
    def type_a_code(self, pick: int, place: str, flow: str, wrong: bool) -> None:
        token = self.one_read(pick)
        own = self.life.secrets.code(token.id)
        code = f"{(int(own) + 1) % 10**6:06}" if wrong else own
        shown = {"right": token.flow or "a-flow-of-nobody", "other": "another-flow"}.get(flow)
        matched = self.tried(place, token, shown, wrong=wrong)
        self.present(place, matched, email=token.address, code=code, flow=shown)

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

    def compare(self, person: Person, user: User) -> None:
        email = user.email.key if user.email else None
        username = user.username.key if user.username else None
        assert (username, email) == (person.username, person.email)
        assert (user.email_verified, user.is_active) == (person.verified, person.active)
        assert user.erase_at == person.erase_at
        hasher = self.life.on.hasher
        if person.password is None:
            assert user.password is None
        else:
            assert user.password is not None
            assert self.run(hasher.verify(Password(person.password), user.password))
        live = self.run(self.life.on.list_sessions(user=person.id))
        assert {it.session.id for it in live} == person.sessions

    def present(self, place: str, token: Mailed | None, /, **proof: Any) -> None:
        """Do it, and compare what comes of it."""
        password, name = self.password(), f"name{self.passwords}"
        # A code that was taken proves what the link does.
        refusals = self.refusals(place, token, name)
        done = self.outcome(self.act(place, proof, password, name), refusals)
        if not refusals and token is not None:
            self.happened(place, token, done, password, name)

    async def act(self, place: str, proof: dict[str, Any], password: str, name: str) -> object:
        life = self.life
        match place:
            case "reset":
                return await life.reset(**proof, new_password=password)
            case "confirm":
                return await life.confirm(**proof)
            case "accept":
                return await life.accept(**proof, username=name, password=password)
            case "restore":
                return await life.restore_by_token(**proof)
            case "disown":
                return await life.disown(**proof)
            case "undo":
                return await life.undo(**proof)
            case _:
                return await life.confirm_change(**proof)

    def refusals(self, place: str, token: Mailed | None, name: str) -> set[type[HexkeyError]]:
        """Any of which would be right; none if it has to work."""
        invalid: set[type[HexkeyError]] = {InvalidOrExpiredToken}
        if token is None or token.purpose not in OPENS[place]:
            return invalid
        if not self.model.works(token, self.life.clock.now()):
            return invalid
        holder, person = self.model.holder(token.address), token.person
        if token.purpose in (R, I):
            taken = self.taken(token.name if token.purpose is R else name, None)
            return taken | (invalid if holder else set())
        assert person is not None
        if token.purpose is U:
            if holder is person:
                return invalid
            return {EmailTaken} if holder is not None and holder.verified else set()
        refused = {
            C: holder not in (None, person),
            K: person.erase_at is None,
            V: place == "disown" and person.verified,
        }
        return invalid if refused.get(token.purpose) else set()

    def happened(self, place: str, token: Mailed, done: object, password: str, name: str) -> None:
        """Tell the model."""
        token.over, person, model = True, token.person, self.model
        if isinstance(done, User) and token.purpose in (R, I):
            known_as, chosen = (
                (token.name, token.password) if token.purpose is R else (name, password)
            )
            model.people.append(Person(done.id, known_as, token.address, chosen, verified=True))
            return
        assert person is not None
        match place:
            case "reset":
                model.new_password(person, password)
                person.verified = True
                person.sessions.clear()
            case "confirm":
                person.verified = True
            case "confirm_change":
                model.readdress(person, token.address)
            case "restore":
                person.erase_at = None
            case "disown":
                self.disowned(person)
            case _:
                self.undone(person, token)

    def disowned(self, person: Person) -> None:
        person.sessions.clear()
        if person.username is not None:
            self.model.readdress(person, None)
        else:
            person.erase_at = person.erase_at or self.life.clock.now()
            self.model.refuse(person)

    def undone(self, person: Person, token: Mailed) -> None:
        squatter = self.model.holder(token.address)
        if squatter is not None and squatter.username is None:
            self.model.people.remove(squatter)
        elif squatter is not None:
            squatter.sessions.clear()
            self.model.readdress(squatter, None)
        self.model.readdress(person, token.address)
        self.model.new_password(person, None)
        self.model.void(person, U, after=token.created)
        person.sessions.clear()

    def tried(self, place: str, token: Mailed, flow: str | None, *, wrong: bool) -> Mailed | None:
        """Count the try; the token whose code it was, if it was one that is taken."""
        matched = None
        for purpose in OPENS[place]:
            latest = self.model.latest(purpose, token.address)
            if latest is None or not latest.takes_codes(self.life.clock.now()):
                continue
            if (flow is None and place == "reset") or (flow is not None and flow != latest.flow):
                continue
            latest.tries += 1
            matched = latest if latest is token and not wrong else matched
        return matched

    def hand_over(self, message: Message) -> None:
        """Bring one message; what it carries begins, or replaces what was, or is nothing new."""
        now = self.life.clock.now()
        known = {it.id for it in self.model.mailed}
        delivered = self.run(self.life.try_to_send(message))
        token = self.mailed_with(message, delivered)
        if token is not None and token.id not in known and now < message.expires_at:
            older = [it for it in self.model.mailed if it.subject == token.subject]
            if all((it.created, it.id) < (token.created, token.id) for it in older):
                self.model.put(token)
        for mail in delivered:
            if mail.kind in PURPOSES:
                earlier = self.read.setdefault(TokenId(mail.id), mail)
                assert (earlier.token, earlier.to) == (mail.token, mail.to)
                [it] = [it for it in self.model.mailed if it.id == mail.id]
                assert it.is_live(now), "a link that does not work should not have been sent"

    def mailed_with(self, message: Message, delivered: list[Delivered]) -> Mailed | None:
        """What the message carries; for a stranger's request there is always something."""
        kind = next((it.kind for it in delivered if it.kind in PURPOSES), None)
        purpose = PURPOSES[kind] if kind else REQUESTS.get(message.kind)
        if purpose is None:
            return None
        address = message.recipient_key
        return Mailed(
            id=TokenId(message.id),
            purpose=purpose,
            person=self.person_of(message, purpose),
            address=address,
            created=message.created_at,
            expires=self.end_of(message, purpose),
            flow=self.flows.get(message.id),
            name=message.content.get("username"),
            password=self.flows.get(f"password of {message.id}"),
            nobody=kind is None,
        )

    def person_of(self, message: Message, purpose: Purpose) -> Person | None:
        if purpose in (P, V):
            return self.model.holder(message.recipient_key)
        whom = message.content.get("asking", message.user)
        return next((it for it in self.model.people if it.id == whom), None)

    def end_of(self, message: Message, purpose: Purpose) -> Any:
        end = message.created_at + LASTS[purpose]
        person = self.person_of(message, purpose) if purpose is K else None
        return min(end, person.erase_at) if person and person.erase_at else end

    def asked(self, answer: object) -> None:
        """Remember which flow belongs to the message that was queued."""
        flow = getattr(answer, "flow", answer)
        if isinstance(flow, str):
            latest = max(self.life.store.committed.messages)
            self.flows[latest] = flow
            self.flows[f"password of {latest}"] = f"password number {self.passwords}"

    def taken(self, name: str | None, email: str | None) -> set[type[HexkeyError]]:
        refusals: set[type[HexkeyError]] = set()
        if self.model.named(name):
            refusals.add(UsernameTaken)
        if email is not None and self.model.holder(email):
            refusals.add(EmailTaken)
        return refusals

    def person(self, pick: int) -> Person:
        return self.model.people[pick % len(self.model.people)]

    def one_read(self, pick: int) -> Mailed:
        """Rather a late one: those are the ones that may still work."""
        recent = [*self.read][-1 - pick % min(len(self.read), 8)]
        [token] = [it for it in self.model.mailed if it.id == recent]
        return token

    def password(self) -> str:
        self.passwords += 1
        return f"password number {self.passwords}"

    def run(self, deed: Awaitable[T]) -> T:
        async def done() -> T:
            return await deed

        return self.runner.run(done())

    def outcome(self, deed: Awaitable[T], refusals: set[type[HexkeyError]]) -> T | None:
        """What came of it, which must be one of `refusals` if there are any."""
        try:
            done = self.run(deed)
        except HexkeyError as refusal:
            assert type(refusal) in refusals, refusal
            return None
        assert not refusals
        return done


@pytest.fixture
def runner() -> Iterator["asyncio.Runner"]:
    with asyncio.Runner() as runner:
        yield runner


def run_machine(runner: "asyncio.Runner", *, examples: int, steps: int) -> None:
    class Machine(RecoveryMachine):
        def __init__(self) -> None:
            super().__init__(runner)

    run_state_machine_as_test(Machine, settings=bounded(examples=examples, steps=steps))


class TestRecovery:
    def test_rc_04_no_way_leads_around_the_mail(self, runner: "asyncio.Runner") -> None:
        """RC-02, RC-03, RC-04, RC-06, RC-10, RC-13, RC-14, P54, P70."""
        run_machine(runner, examples=150, steps=60)
