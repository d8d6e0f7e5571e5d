"""What a deployment may decide about those who guess, and those who ask too often."""

from pydantic import Field
from pydantic_settings import BaseSettings

from hexkey.domain.authentication.rules import NETWORK_FAILURES, Mode, Rule, ThrottlePolicy


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
