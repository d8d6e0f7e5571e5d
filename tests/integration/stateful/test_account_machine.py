"""Any sequence of deeds leaves every store as the model says, and every token with it.

Two instances share the stores and the clock, as two workers do. Each resolves through its own
memory of who is signed in and of verified tokens, so a memory that outlives a password change or a
disabling shows as a token that still resolves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

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
from sqlalchemy import delete

from hexkey.adapters.crypto.bcrypt_hasher import BcryptPasswordHasher
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.tables import metadata
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.password import Password
from hexkey.domain.errors import HexkeyError
from hexkey.domain.sessions.access_token import Principal
from hexkey.domain.sessions.session import Client
from tests.support.account_model import (
    ADDRESSES,
    EMAILS,
    LOGINS,
    PASSWORDS,
    USERNAMES,
    Account,
    AccountModel,
    Refusal,
    Token,
)
from tests.support.builders import a_user
from tests.support.deployments import Deployment, Stores, in_database, in_memory
from tests.support.doubles import OLDER, CountingIds, FrozenClock, QuickHasher
from tests.support.strategies import bounded

T = TypeVar("T")

MAX_ROTATIONS = 2  # a run; keys take longer to make than everything else

usernames, emails = st.sampled_from(list(USERNAMES)), st.sampled_from(list(EMAILS))
logins, passwords = st.sampled_from(list(LOGINS)), st.sampled_from(PASSWORDS)
addresses, instances = st.sampled_from(ADDRESSES), st.sampled_from([0, 1])
picks = st.integers(0, 1000)
typed = st.none() | passwords


class Workers:
    """Two instances over one store, and the event loop they run in."""

    def __init__(self, runner: "asyncio.Runner", stores: Stores, hasher: PasswordHasher) -> None:
        self.clock, ids = FrozenClock(), CountingIds()
        self.hasher = hasher
        self.runner = runner
        self.both = [
            Deployment(stores=stores, hasher=hasher, clock=self.clock, ids=ids) for _ in range(2)
        ]
        for instance in self.both:
            runner.run(instance.ensure_signing_key())

    def outcome(self, deed: Awaitable[T]) -> tuple[T | None, Refusal | None]:
        """What came out, or the class of the refusal; any other error is a failure."""

        async def done() -> T:
            return await deed

        try:
            return self.runner.run(done()), None
        except HexkeyError as refusal:
            return None, type(refusal)


class AccountMachine(RuleBasedStateMachine):
    """Does one deed after another, at either instance, and compares with the model."""

    def __init__(self, workers: Workers) -> None:
        super().__init__()
        self.workers = workers
        self.model = AccountModel()
        # Where and when each account was last changed: the other instance may lag by a second.
        self._changed: dict[str, tuple[int, float]] = {}
        self._rotations = 0

    @initialize(username=usernames, password=passwords, address=addresses)
    def begin_with_somebody_signed_in(self, username: str, password: str, address: str) -> None:
        self.register(0, username, None, password)
        self.sign_in(1, username, password, address)

    @rule(
        at=instances,
        username=st.none() | usernames,
        email=st.none() | emails,
        password=passwords,
    )
    def register(self, at: int, username: str | None, email: str | None, password: str) -> None:
        if username is None and email is None:
            return
        deed = self.workers.both[at].register(username=username, email=email, password=password)
        user, refusal = self.workers.outcome(deed)

        possible = self.model.names_taken(username, email)
        assert refusal in possible if possible else refusal is None
        if user is not None:
            name = USERNAMES[username] if username is not None else None
            address = EMAILS[email] if email is not None else None
            self.model.accounts.append(Account(user.id, name, address, password))

    @rule(at=instances, username=usernames, password=passwords)
    def import_with_an_older_hash(self, at: int, username: str, password: str) -> None:
        hasher = self.workers.hasher
        if self.model.names_taken(username, None) or not isinstance(hasher, QuickHasher):
            return
        instance = self.workers.both[at]
        user = a_user(
            username=instance.usernames.parse(username),
            password=hasher.hash_under(OLDER, Password.typed(password)),
        )
        assert self.workers.outcome(instance.keep(user))[1] is None
        self.model.accounts.append(Account(user.id, USERNAMES[username], None, password))

    @rule(at=instances, login=logins, typed=typed, address=addresses)
    def sign_in(self, at: int, login: str, typed: str | None, address: str) -> None:
        account = self.model.known_as(login)
        password = self._password(account, typed)
        expected = self.model.guess(account, login, password, address)

        origin = Client(address=address)
        deed = self.workers.both[at].sign_in(login=login, password=password, client=origin)
        issued, refusal = self.workers.outcome(deed)

        assert refusal is expected
        if issued is not None:
            assert account is not None
            token = Token(issued.access_token, issued.session, self.model.now)
            account.tokens.append(token)

    @rule(at=instances, login=logins, address=addresses, times=st.integers(4, 7))
    def guess(self, at: int, login: str, address: str, times: int) -> None:
        for _ in range(times):
            self.sign_in(at, login, "a wrong one", address)

    @precondition(lambda self: self.model.accounts)
    @rule(
        at=instances,
        pick=picks,
        typed=typed,
        new=passwords,
        address=addresses,
        kept=st.none() | picks,
    )
    def change_password(
        self, at: int, pick: int, typed: str | None, new: str, address: str, kept: int | None
    ) -> None:
        account = self._account(pick)
        keep = None
        if kept is not None and account.tokens:
            keep = account.tokens[kept % len(account.tokens)].session
        current = self._password(account, typed)
        expected = self.model.guess(account, "", current, address)

        deed = self.workers.both[at].change_password(
            user=account.id,
            current_password=current,
            new_password=new,
            keep_session=keep,
            address=address,
        )

        assert self.workers.outcome(deed)[1] is expected
        if expected is None:
            account.password = new
            account.version += 1
            account.end_sessions(keep=keep)
            self._change(account, at)

    @precondition(lambda self: self.model.accounts)
    @rule(at=instances, pick=picks, new=passwords)
    def set_password(self, at: int, pick: int, new: str) -> None:
        account = self._account(pick)
        deed = self.workers.both[at].set_password(user=account.id, new_password=new)

        assert self.workers.outcome(deed)[1] is None
        account.password = new
        account.version += 1
        account.end_sessions()
        self._change(account, at)

    @precondition(lambda self: self.model.accounts)
    @rule(at=instances, pick=picks)
    def disable(self, at: int, pick: int) -> None:
        account = self._account(pick)
        expected = self.model.loss_refusal(account)

        assert self.workers.outcome(self.workers.both[at].disable(user=account.id))[1] is expected
        if expected is not None:
            return
        account.version += account.active
        account.active = False
        account.end_sessions()
        self._change(account, at)

    @precondition(lambda self: self.model.accounts)
    @rule(at=instances, pick=picks)
    def enable(self, at: int, pick: int) -> None:
        account = self._account(pick)

        assert self.workers.outcome(self.workers.both[at].enable(user=account.id))[1] is None
        account.active = True
        self._change(account, at)

    @precondition(lambda self: self.model.accounts)
    @rule(at=instances, pick=picks, username=usernames, full_name=st.sampled_from(["A", "B"]))
    def update_profile(self, at: int, pick: int, username: str, full_name: str) -> None:
        account = self._account(pick)
        possible = self.model.names_taken(username, None, by_other_than=account)

        deed = self.workers.both[at].update_profile(
            user=account.id, username=username, full_name=full_name
        )
        refusal = self.workers.outcome(deed)[1]

        assert refusal in possible if possible else refusal is None
        if refusal is None:
            account.username, account.full_name = USERNAMES[username], full_name
            self._change(account, at)

    @precondition(lambda self: self.model.accounts)
    @rule(at=instances, pick=picks)
    def grant(self, at: int, pick: int) -> None:
        account = self._account(pick)
        deed = self.workers.both[at].grant(user=account.id, role=ADMIN)

        assert self.workers.outcome(deed)[1] is None
        account.is_administrator = True
        self._change(account, at)

    @rule(seconds=st.sampled_from([0.5, 1, 8, 61, 930]))
    def wait(self, seconds: float) -> None:
        self.workers.clock.advance(seconds=seconds)
        self.model.now += seconds

    @precondition(lambda self: self._rotations < MAX_ROTATIONS)
    @rule(at=instances)
    def rotate_the_signing_key(self, at: int) -> None:
        self._rotations += 1
        instance = self.workers.both[at]
        deed = instance.rotate_key(algorithm=instance.algorithm, at_once=True)

        assert self.workers.outcome(deed)[1] is None

    @invariant()
    def every_token_resolves_exactly_if_its_session_stands(self) -> None:
        for account in self.model.accounts:
            for token in account.tokens:
                for at, instance in enumerate(self.workers.both):
                    if self._sees_the_latest(account, at):
                        outcome = self.workers.outcome(instance.resolve(token=token.text))
                        self._compare(account, token, *outcome)

    def teardown(self) -> None:
        """A second later both instances agree with the model, and so does the store."""
        self.workers.clock.advance(seconds=1)
        self.model.now += 1
        self.every_token_resolves_exactly_if_its_session_stands()
        listed, _ = self.workers.outcome(self.workers.both[0].list_users(cursor=None, limit=100))
        assert listed is not None
        assert {(user.id, user.is_active) for user in listed.users} == {
            (account.id, account.active) for account in self.model.accounts
        }

    def _password(self, account: Account | None, typed: str | None) -> str:
        """What is typed; `None` stands for what the owner would type."""
        return typed or (account.password if account is not None else PASSWORDS[0])

    def _account(self, pick: int) -> Account:
        return self.model.accounts[pick % len(self.model.accounts)]

    def _change(self, account: Account, at: int) -> None:
        self._changed[account.id] = (at, self.model.now)

    def _sees_the_latest(self, account: Account, at: int) -> bool:
        by, when = self._changed.get(account.id, (at, 0.0))
        return by == at or self.model.now - when >= 1

    def _compare(
        self, account: Account, token: Token, principal: Principal | None, refusal: Refusal | None
    ) -> None:
        assert refusal is self.model.token_refusal(token)
        if principal is not None:
            user = principal.user
            assert (user.id, principal.session) == (account.id, token.session)
            assert (user.username.key if user.username else None) == account.username
            assert user.profile.full_name == account.full_name
            assert user.is_active


@pytest.fixture
def runner() -> Iterator["asyncio.Runner"]:
    with asyncio.Runner() as runner:
        yield runner


def run_machine(workers: Callable[[], Workers], *, examples: int, steps: int) -> None:
    class Machine(AccountMachine):
        def __init__(self) -> None:
            super().__init__(workers())

    run_state_machine_as_test(Machine, settings=bounded(examples=examples, steps=steps))


class TestAccounts:
    def test_are_in_memory_as_the_model_says(self, runner: "asyncio.Runner") -> None:
        run_machine(lambda: Workers(runner, in_memory(), QuickHasher()), examples=60, steps=40)

    def test_are_in_a_database_as_the_model_says(
        self, runner: "asyncio.Runner", database_url: str
    ) -> None:
        engine = make_engine(database_url)

        async def emptied() -> None:
            async with engine.begin() as connection:
                for table in reversed(metadata.sorted_tables):
                    await connection.execute(delete(table))

        def workers() -> Workers:
            runner.run(emptied())
            return Workers(runner, in_database(engine), QuickHasher())

        run_machine(workers, examples=20, steps=30)
        runner.run(engine.dispose())

    def test_are_as_the_model_says_with_real_hashes_too(self, runner: "asyncio.Runner") -> None:
        pool = HashingPool(workers=2, clock=FrozenClock())
        hasher = BcryptPasswordHasher(pool=pool, cost=10)

        run_machine(lambda: Workers(runner, in_memory(), hasher), examples=5, steps=12)
        pool.close()
