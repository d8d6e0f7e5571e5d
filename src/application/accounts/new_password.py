"""Choosing a password: the one way from typed text to a hash that is kept."""

from dataclasses import dataclass

from hexkey.application.audit.refusals import Refusals
from hexkey.application.ports.passwords import (
    BreachedPasswords,
    BreachesUnanswered,
    CommonPasswords,
    PasswordHasher,
)
from hexkey.domain.accounts.password import (
    Password,
    PasswordBreached,
    PasswordCommon,
    PasswordHash,
    PasswordPolicy,
)
from hexkey.domain.audit.event import AuditType


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasswords:
    """Every rule for new passwords, so that none can be forgotten where one is chosen."""

    policy: PasswordPolicy
    common: CommonPasswords
    breached: BreachedPasswords
    hasher: PasswordHasher
    refusals: Refusals

    def accept(self, text: str, *, about_user: frozenset[str]) -> Password:
        """Apply the rules; cheap, so it comes before anything that is not.

        Raises:
            PasswordRejected: the subclass tells the broken rule.
        """
        password = self.policy.accept(text, about_user=about_user)
        if self.common.contains(password):
            raise PasswordCommon
        return password

    async def hash(self, accepted: Password) -> PasswordHash:
        """The hash to keep.

        Whether others have lost the password may be asked elsewhere and take a while, so that is
        the last rule: after whatever else the caller had to be sure of.

        Raises:
            PasswordBreached: if it is known from a breach; nothing was hashed.
            HashingOverloaded: if too many passwords wait already.
        """
        if await self._is_breached(accepted):
            raise PasswordBreached
        return await self.hasher.hash(accepted)

    async def _is_breached(self, password: Password) -> bool:
        """What is known; a collection that is away keeps nobody out, and is written down."""
        try:
            return await self.breached.contains(password)
        except BreachesUnanswered:
            self.refusals.missed(AuditType.BREACHES_UNANSWERED, reason="no_answer")
            return False
