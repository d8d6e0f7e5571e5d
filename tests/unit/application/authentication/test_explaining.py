"""LG-01: an operator can see by which rules an attempt was judged; the caller hears nothing."""

from datetime import timedelta

import pytest

from hexkey.application.audit.context import RequestContext, serving
from hexkey.application.authentication.throttling import Attempt
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.rules import Attempted, Mode, Rule, ThrottlePolicy
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError
from tests.support.builders import a_user
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio

HOME = "203.0.113.7"
DECOYS = "\0nobody types this"  # what the hashes are made of that stand in for others
Checks = dict[str, bool]


async def judged(
    deployment: MemoryDeployment, login: str, password: str
) -> tuple[RequestContext, type[HexkeyError] | None]:
    """What was noted of an attempt, and how it ended."""
    with serving(RequestContext()) as context:
        try:
            await deployment.authenticate(login=login, password=password, address=HOME)
        except HexkeyError as refusal:
            return context, type(refusal)
    return context, None


def of_the_account(context: RequestContext) -> Checks:
    return {it.name: it.passed for it in context.checks if not it.name.startswith("throttle.")}


def asked(*, known: bool, active: bool, matches: bool) -> Checks:
    return {
        "password.length": True,
        "account.known": known,
        "account.active": active,
        "password.matches": matches,
    }


class TestPassword:
    @pytest.mark.parametrize(
        ("login", "password", "checks"),
        [
            ("alice", PASSWORD, asked(known=True, active=True, matches=True)),
            ("alice", "a wrong one", asked(known=True, active=True, matches=False)),
            ("gone", PASSWORD, asked(known=True, active=False, matches=True)),
            ("gone", "a wrong one", asked(known=True, active=False, matches=False)),
            ("empty", PASSWORD, asked(known=True, active=True, matches=False)),
            ("nobody", PASSWORD, asked(known=False, active=False, matches=False)),
            ("nobody", DECOYS, asked(known=False, active=False, matches=False)),
            ("empty", DECOYS, asked(known=True, active=True, matches=False)),
            ("alice", "x" * 257, {"password.length": False}),
            ("nobody", "x" * 257, {"password.length": False}),
        ],
    )
    async def test_lg_01_is_explained_by_what_was_the_case(
        self, deployment: MemoryDeployment, login: str, password: str, checks: Checks
    ) -> None:
        users = {"alice": await deployment.somebody("alice")}
        users["gone"] = await deployment.somebody("gone")
        await deployment.disable(user=users["gone"].id)
        users["empty"] = a_user(username=deployment.usernames.parse("empty"), password=None)
        await deployment.keep(users["empty"])

        context, refusal = await judged(deployment, login, password)

        assert of_the_account(context) == checks
        right = checks == asked(known=True, active=True, matches=True)
        assert refusal is (None if right else InvalidCredentials)
        assert context.subject == (users[login].id if login in users else None)


class TestThrottle:
    async def test_lg_01_is_explained_by_every_counter(self, deployment: MemoryDeployment) -> None:
        """LG-01: before the attempt was counted: what stood there, what is free, and the wait."""
        await deployment.somebody("alice")
        for failures in range(6):
            context, refusal = await judged(deployment, "alice", "a wrong one")
            waits = failures == 5
            assert refusal is (TooManyAttempts if waits else InvalidCredentials)
            facts = {it.name: (it.passed, it.facts) for it in context.checks}
            counted = {"failures": str(failures), "wait_seconds": "0"}
            assert facts["throttle.account"] == (
                not waits,
                {
                    "failures": str(failures),
                    "free": "4",
                    "most": "unlimited",
                    "wait_seconds": str(int(waits)),
                },
            )
            assert facts["throttle.network"] == (
                True,
                {**counted, "free": "99", "most": "unlimited"},
            )
            assert facts["throttle.total"] == (True, {**counted, "free": "100", "most": "100"})

    async def test_says_how_long_to_wait(self, deployment: MemoryDeployment) -> None:
        for _ in range(5):
            await judged(deployment, "nobody", "a wrong one")

        with pytest.raises(TooManyAttempts) as refusal:
            await deployment.authenticate(login="nobody", password="x", address=HOME)
        assert refusal.value.retry_after == timedelta(seconds=1)

    async def test_rl_05_counts_nothing_where_every_rule_is_off(self) -> None:
        modes = dict.fromkeys(Rule, Mode.OFF)
        deployment = MemoryDeployment(throttle_policy=ThrottlePolicy(modes=modes))
        for _ in range(150):
            _, refusal = await judged(deployment, "nobody", "a wrong one")
            assert refusal is InvalidCredentials

        assert [deployment.stores.failures.total(rule) for rule in Rule] == [0] * 4

    async def test_rl_05_refuses_nobody_and_says_whom_it_would_have_where_it_reports(self) -> None:
        modes = dict.fromkeys(Rule, Mode.REPORT)
        deployment = MemoryDeployment(throttle_policy=ThrottlePolicy(modes=modes))
        await deployment.somebody("alice")
        for _ in range(6):
            context, refusal = await judged(deployment, "alice", "a wrong one")
            assert refusal is InvalidCredentials

        (alert,) = deployment.alarm.sounded
        assert (alert.kind.value, alert.failures) == ("would_have_refused", 5)
        assert all(it.passed for it in context.checks if it.name.startswith("throttle."))

    async def test_rl_05_lets_a_known_device_in_whatever_strangers_did(
        self, deployment: MemoryDeployment
    ) -> None:
        """RL-05: and its own failures are its own, free ones and others."""
        user = await deployment.somebody("alice")
        device = deployment.device_tokens.write(deployment.ids.new(), user)

        async def try_(password: str, device: str | None) -> None:
            await deployment.authenticate(
                login="alice", password=password, address=HOME, device=device
            )

        for known in (None, device):
            for _ in range(5):
                with pytest.raises(InvalidCredentials):
                    await try_("a wrong one", known)
            with pytest.raises(TooManyAttempts):
                await try_(PASSWORD, known)
            for junk in (None, "junk"):
                with pytest.raises(TooManyAttempts):
                    await try_(PASSWORD, junk)


class TestAttempt:
    @pytest.mark.parametrize(
        ("attempt", "failure"),
        [
            (Attempt(), True),
            (Attempt(right=True), False),
            (Attempt(looked_at=False), False),
            (Attempt(right=True, looked_at=False), False),
        ],
        ids=str,
    )
    async def test_rl_01_is_a_failure_unless_it_is_said_otherwise(
        self, deployment: MemoryDeployment, attempt: Attempt, failure: bool
    ) -> None:
        """RL-01: so whoever hangs up, or breaks something, has guessed."""
        assert attempt.is_failure is failure
        attempted = Attempted(account="ann.1", address=HOME)

        async with deployment.throttle.attempt(attempted) as made:
            made.right, made.looked_at = attempt.right, attempt.looked_at
        await deployment.throttle.settled()

        assert [deployment.stores.failures.total(rule) for rule in Rule] == [
            0,
            failure,
            failure,
            failure,
        ]

    async def test_rl_01_that_breaks_off_has_been_made(self, deployment: MemoryDeployment) -> None:
        attempted = Attempted(account="ann.1", address=HOME)
        with pytest.raises(ZeroDivisionError):
            async with deployment.throttle.attempt(attempted):
                raise ZeroDivisionError

        assert deployment.stores.failures.total() == 1
