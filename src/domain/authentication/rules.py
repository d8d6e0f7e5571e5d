"""Which counters an attempt is counted under, and what each of them stands."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache

from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.networks import network_of
from hexkey.domain.authentication.throttle import Budget, Charge

MAX_IN_A_ROW = 100  # verified guesses at one account: NIST SP 800-63B-4 §3.2.2
FREE_FAILURES = 4  # typing errors that cost nothing
NETWORK_FAILURES = 100  # an hour, by default: an office makes more typing errors than a home
_HOUR = timedelta(hours=1)
_LONG = timedelta(days=30)  # or whoever has time could guess on and on, a hundred a day


class Rule(StrEnum):
    """What attempts may have in common; the values are public: settings, logs and keys have them.

    A device is one that somebody signed in with to the account before, and holds a token to prove
    it. It has a budget of its own, which nobody else can use up (OWASP's device cookies).
    """

    DEVICE = "device"
    ACCOUNT = "account"  # and the network
    NETWORK = "network"
    TOTAL = "total"  # of the account, wherever they come from


class Mode(StrEnum):
    """What comes of a rule: `report` counts, and lets through whom it would have refused."""

    ENFORCE = "enforce"
    REPORT = "report"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """Somebody's trying to prove to be the owner of an account.

    Attributes:
        account: an id and a version of its password, so that a new password begins anew; for a
            name that nobody has, a digest of it.
        address: where they are; junk is counted together.
        device: the id of a device that is known to belong to the account.
    """

    account: str
    address: str | None = None
    device: str | None = None

    @property
    def turn(self) -> str:
        """What attempts that are made at the same time wait for one another by."""
        return f"{self.account}|{self.device or network_of(self.address)}"

    def key(self, rule: Rule) -> str:
        """The counter of `rule`; it outlives an account that is erased, so it names none."""
        return self._counter(rule, hashlib.sha256(self.account.encode()).hexdigest())

    def told(self, rule: Rule) -> str:
        """The same, for an operator who asks whose it is."""
        return self._counter(rule, self.account)

    def _counter(self, rule: Rule, account: str) -> str:
        match rule:
            case Rule.DEVICE:
                return f"{rule}|{account}|{self.device}"
            case Rule.ACCOUNT:
                return f"{rule}|{account}|{network_of(self.address)}"
            case Rule.NETWORK:
                return f"{rule}|{network_of(self.address)}"
            case Rule.TOTAL:
                return f"{rule}|{account}"


def account_of(user: User) -> str:
    """What attempts at the account of `user` are counted for.

    Whoever sets a new password begins anew, and only they do: by mail, or knowing the old one.
    """
    return f"{user.id}.{user.credential_version}"


@cache
def _budgets(network_failures: int) -> Mapping[Rule, Budget]:
    pace = _HOUR // network_failures // timedelta(milliseconds=1) * timedelta(milliseconds=1)
    return {
        Rule.DEVICE: Budget(free=FREE_FAILURES, most=MAX_IN_A_ROW, kept=_LONG),
        Rule.ACCOUNT: Budget(free=FREE_FAILURES),
        # The failures of an hour at once, and then as many as fit into each hour.
        Rule.NETWORK: Budget(first=pace, longest=pace, ahead=pace * (network_failures - 1)),
        Rule.TOTAL: Budget(free=MAX_IN_A_ROW, most=MAX_IN_A_ROW, kept=_LONG),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePolicy:
    """The rules of a deployment.

    Attributes:
        modes: `enforce` for a rule that is not named.
        network_failures: that one network may cause at once, and then in each hour.
    """

    modes: Mapping[Rule, Mode] = field(default_factory=dict)
    network_failures: int = NETWORK_FAILURES

    def mode(self, rule: Rule) -> Mode:
        """How seriously `rule` is taken."""
        return self.modes.get(rule, Mode.ENFORCE)

    def charges(self, attempted: Attempted) -> Mapping[Rule, Charge]:
        """The counters for an attempt."""
        rules = (*self._own(attempted), Rule.NETWORK, Rule.TOTAL)
        budgets, binding = _budgets(self.network_failures), self._binding(attempted)
        return {
            rule: Charge(
                key=attempted.key(rule),
                budget=budgets[rule],
                binding=rule in binding and self.mode(rule) is Mode.ENFORCE,
            )
            for rule in rules
            if self.mode(rule) is not Mode.OFF
        }

    def only_reports(self, rule: Rule, attempted: Attempted) -> bool:
        """Whether `rule` would refuse such attempts, if it were enforced."""
        return self.mode(rule) is Mode.REPORT and rule in self._binding(attempted)

    def _own(self, attempted: Attempted) -> tuple[Rule]:
        known = attempted.device is not None and self.mode(Rule.DEVICE) is not Mode.OFF
        return (Rule.DEVICE if known else Rule.ACCOUNT,)

    def _binding(self, attempted: Attempted) -> tuple[Rule, ...]:
        """The rules that may refuse an attempt.

        A known device is bound by its own alone. What strangers did, from the same network or any
        other, is no reason to refuse it; that it failed is counted with the rest all the same.
        """
        own = self._own(attempted)
        return own if Rule.DEVICE in own else (*own, Rule.NETWORK, Rule.TOTAL)
