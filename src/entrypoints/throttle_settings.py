"""What a deployment may decide about those who guess, and those who ask too often."""

from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings

from hexkey.domain.authentication.request_limits import RequestKind, RequestPolicy
from hexkey.domain.authentication.rules import NETWORK_FAILURES, Mode, Rule, ThrottlePolicy


def _per_minute(number: int, what: str) -> Any:
    description = f"How often a network may {what}, a minute; 0 for no bound."
    return Field(number, ge=0, le=60_000, description=description)


class ThrottleSettings(BaseSettings):
    """How seriously each rule is taken."""

    throttle_device: Mode = Field(
        Mode.ENFORCE,
        description="The budget of a device its owner has signed in with: `enforce`, `report` "
        "(only logs who would have been refused) or `off`.",
    )
    throttle_account: Mode = Field(
        Mode.ENFORCE, description="That of an account and a network: delays from the 5th failure."
    )
    throttle_network: Mode = Field(
        Mode.ENFORCE, description="That of a network (an IPv4 address, an IPv6 /64), at whomever."
    )
    throttle_total: Mode = Field(
        Mode.ENFORCE,
        description="A hundred failures in a row at one account, from wherever; then only a known "
        "device gets in, or a new password by mail.",
    )
    throttle_network_failures: int = Field(
        NETWORK_FAILURES,
        ge=10,
        le=100_000,
        description="Failures that a network may cause at once, and then in each hour.",
    )

    limit_sign_in: int = _per_minute(600, "sign in or compare a password otherwise")
    limit_refresh: int = _per_minute(1200, "refresh a session")
    limit_anonymous_write: int = _per_minute(120, "register, ask for mail or use what was mailed")
    limit_admin: int = _per_minute(600, "administer")
    limit_other: int = _per_minute(0, "do anything else, mostly reading")

    @property
    def request_policy(self) -> RequestPolicy:
        """The bounds as the domain wants them."""
        per_minute = {
            RequestKind.SIGN_IN: self.limit_sign_in,
            RequestKind.REFRESH: self.limit_refresh,
            RequestKind.ANONYMOUS_WRITE: self.limit_anonymous_write,
            RequestKind.ADMIN: self.limit_admin,
            RequestKind.OTHER: self.limit_other,
        }
        return RequestPolicy(per_minute)

    @property
    def throttle_policy(self) -> ThrottlePolicy:
        """The rules as the domain wants them."""
        modes = {
            Rule.DEVICE: self.throttle_device,
            Rule.ACCOUNT: self.throttle_account,
            Rule.NETWORK: self.throttle_network,
            Rule.TOTAL: self.throttle_total,
        }
        return ThrottlePolicy(modes=modes, network_failures=self.throttle_network_failures)
