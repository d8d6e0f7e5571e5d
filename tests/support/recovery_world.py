"""Accounts and their mail beside a model of them: what is done to one is told to the other."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

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
from tests.support.recovery_model import LASTS, Mailed, Person, RecoveryModel

T = TypeVar("T")
Refusals = set[type[HexkeyError]]

AGES = timedelta(days=3650)
GRACE = timedelta(hours=1)

PURPOSES = {
    "verify_email": Purpose.VERIFY_EMAIL,
    "finish_registration": Purpose.REGISTER,
    "reset_password": Purpose.RESET_PASSWORD,
    "change_email": Purpose.CHANGE_EMAIL,
    "email_changed_old": Purpose.UNDO_EMAIL_CHANGE,
    "deletion_scheduled": Purpose.RESTORE_ACCOUNT,
    "invitation": Purpose.INVITE,
}
REQUESTS = {
    "registration": Purpose.REGISTER,
    "verification": Purpose.VERIFY_EMAIL,
    "password_reset": Purpose.RESET_PASSWORD,
}
OPENS: dict[str, tuple[Purpose, ...]] = {
    "reset": (Purpose.RESET_PASSWORD,),
    "confirm": (Purpose.VERIFY_EMAIL, Purpose.REGISTER),
    "disown": (Purpose.VERIFY_EMAIL,),
    "confirm_change": (Purpose.CHANGE_EMAIL,),
    "undo": (Purpose.UNDO_EMAIL_CHANGE,),
    "restore": (Purpose.RESTORE_ACCOUNT,),
    "accept": (Purpose.INVITE,),
}


class RecoveryWorld:
    """One deployment, its postman, and what should be true of them."""

    def __init__(self, runner: "asyncio.Runner") -> None:
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
                await life.reset(**proof, new_password=password)
            case "confirm":
                return await life.confirm(**proof)
            case "accept":
                return await life.accept(**proof, username=name, password=password)
            case "restore":
                return await life.restore_by_token(**proof)
            case "disown":
                await life.disown(**proof)
            case "undo":
                return await life.undo(**proof)
            case _:
                return await life.confirm_change(**proof)
        return None

    def refusals(self, place: str, token: Mailed | None, name: str) -> Refusals:
        """Any of which would be right; none if it has to work."""
        invalid: Refusals = {InvalidOrExpiredToken}
        if token is None or token.purpose not in OPENS[place]:
            return invalid
        if not self.model.works(token, self.life.clock.now()):
            return invalid
        holder, person = self.model.holder(token.address), token.person
        if token.purpose in (Purpose.REGISTER, Purpose.INVITE):
            taken = self.taken(token.name if token.purpose is Purpose.REGISTER else name, None)
            return taken | (invalid if holder else set())
        assert person is not None
        if token.purpose is Purpose.UNDO_EMAIL_CHANGE:
            if holder is person:
                return invalid
            return {EmailTaken} if holder is not None and holder.verified else set()
        refused = {
            Purpose.CHANGE_EMAIL: holder not in (None, person),
            Purpose.RESTORE_ACCOUNT: person.erase_at is None,
            Purpose.VERIFY_EMAIL: place == "disown" and person.verified,
        }
        return invalid if refused.get(token.purpose) else set()

    def happened(self, place: str, token: Mailed, done: object, password: str, name: str) -> None:
        """Tell the model."""
        token.over, person, model = True, token.person, self.model
        if isinstance(done, User) and token.purpose in (Purpose.REGISTER, Purpose.INVITE):
            known_as, chosen = (
                (token.name, token.password)
                if token.purpose is Purpose.REGISTER
                else (name, password)
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
        self.model.void(person, Purpose.UNDO_EMAIL_CHANGE, after=token.created)
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
                [it] = [it for it in self.model.mailed if it.id == TokenId(mail.id)]
                assert it.is_live(now), "a link that does not work should not have been sent"

    def mailed_with(self, message: Message, delivered: list[Delivered]) -> Mailed | None:
        """What the message carries; for a stranger's request there is always something."""
        kind = next((it.kind for it in delivered if it.kind in PURPOSES), None)
        purpose = PURPOSES[kind] if kind else REQUESTS.get(message.kind)
        if purpose is None:
            return None
        address = message.recipient_key
        name = message.content.get("username")
        password = self.flows.get(f"password of {message.id}")
        if purpose is Purpose.REGISTER and message.kind == "verification":
            waiting = self.model.latest(purpose, address)  # whose mail was lost, so they say
            assert waiting is not None
            assert waiting.is_live(message.created_at)
            name, password = waiting.name, waiting.password
        return Mailed(
            id=TokenId(message.id),
            purpose=purpose,
            person=self.person_of(message, purpose),
            address=address,
            created=message.created_at,
            expires=self.end_of(message, purpose),
            flow=self.flows.get(message.id),
            name=name,
            password=password,
            nobody=kind is None,
        )

    def person_of(self, message: Message, purpose: Purpose) -> Person | None:
        if purpose in (Purpose.RESET_PASSWORD, Purpose.VERIFY_EMAIL):
            return self.model.holder(message.recipient_key)
        whom = message.content.get("asking", message.user)
        return next((it for it in self.model.people if it.id == whom), None)

    def end_of(self, message: Message, purpose: Purpose) -> datetime:
        end = message.created_at + LASTS[purpose]
        person = self.person_of(message, purpose) if purpose is Purpose.RESTORE_ACCOUNT else None
        return min(end, person.erase_at) if person and person.erase_at else end

    def asked(self, answer: object, *, at_once: bool) -> None:
        """Remember which flow belongs to the message that was queued."""
        flow = getattr(answer, "flow", answer)
        if isinstance(flow, str):
            latest = max(self.life.store.committed.messages)
            self.flows[latest] = flow
            self.flows[f"password of {latest}"] = f"password number {self.passwords}"
        if at_once:
            self.bring_the_mail()

    def taken(self, name: str | None, email: str | None) -> Refusals:
        refusals: Refusals = set()
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

    def one_for(self, place: str, back: int) -> Mailed | None:
        """What was read lately for that place: the latest, or one of those before."""
        fitting = [it for it in self.model.mailed if it.id in self.read]
        fitting = [it for it in fitting if it.purpose in OPENS[place]]
        return fitting[-1 - back % len(fitting)] if fitting else None

    def wait_until(self, end: datetime, *, late: bool) -> None:
        """Let time pass to the first instant that is too late, or to the last that is not."""
        left = (end - self.life.clock.now()).total_seconds()
        self.life.clock.advance(seconds=left if late else left - 0.001)

    def password(self) -> str:
        self.passwords += 1
        return f"password number {self.passwords}"

    def run(self, deed: Awaitable[T]) -> T:
        async def done() -> T:
            return await deed

        return self.runner.run(done())

    def outcome(self, deed: Awaitable[T], refusals: Refusals) -> T | None:
        """What came of it, which must be one of `refusals` if there are any."""
        try:
            done = self.run(deed)
        except tuple(refusals):
            return None
        assert not refusals
        return done

    def bring_the_mail(self) -> None:
        now = self.life.clock.now()
        claim = self.life.queue.claim(
            Channel.MAIL, holder="postman", now=now, until=now, limit=1000
        )
        for message in self.run(claim):
            self.hand_over(message)
            self.sent.append(message)
            self.run(self.life.queue.settle([message.done()], holder="postman"))
