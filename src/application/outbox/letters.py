"""The kinds of mail: which act each one allows, where its link leads, what its words may name."""

from collections.abc import Mapping
from dataclasses import dataclass

from hexkey.domain.accounts.one_time_token import WITH_CODE, Purpose

# `user_name` is empty where nobody has one; `when` is the instant of the deed.
EVERY_LETTER_NAMES = frozenset({"service_name", "user_name", "address", "when"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPlan:
    """One kind of mail.

    Attributes:
        purpose: of the token that the mail carries; `None` if it only tells.
        page: where its link leads; without a purpose, the link carries no token.
        second_page: where another link with the same token leads.
        names: what its words may name besides what follows from the rest.
    """

    purpose: Purpose | None = None
    page: str | None = None
    second_page: str | None = None
    names: frozenset[str] = frozenset()

    @property
    def has_code(self) -> bool:
        """Whether six digits do as well as the link."""
        return self.purpose in WITH_CODE

    @property
    def values(self) -> frozenset[str]:
        """All that its words may name; each of them is given."""
        derived = {
            "link": self.page is not None,
            "second_link": self.second_page is not None,
            "expires": self.purpose is not None,
            "code": self.has_code,
        }
        return (
            EVERY_LETTER_NAMES
            | self.names
            | {name for name, is_given in derived.items() if is_given}
        )


LETTERS: Mapping[str, LetterPlan] = {
    "verify_email": LetterPlan(
        purpose=Purpose.VERIFY_EMAIL, page="verify-email", second_page="disown-email"
    ),
    "finish_registration": LetterPlan(purpose=Purpose.REGISTER, page="verify-email"),
    "registration_taken": LetterPlan(page="forgot-password"),
    "reset_password": LetterPlan(purpose=Purpose.RESET_PASSWORD, page="reset-password"),
    "change_email": LetterPlan(purpose=Purpose.CHANGE_EMAIL, page="change-email"),
    "address_in_use": LetterPlan(),
    "email_changed_old": LetterPlan(
        purpose=Purpose.UNDO_EMAIL_CHANGE,
        page="undo-email-change",
        names=frozenset({"new_address"}),
    ),
    "email_changed_new": LetterPlan(),
    "password_changed": LetterPlan(page="forgot-password"),
    "password_reset_done": LetterPlan(page="forgot-password"),
    "new_device": LetterPlan(page="forgot-password", names=frozenset({"device", "network"})),
    "account_disabled": LetterPlan(),
    "deletion_scheduled": LetterPlan(
        purpose=Purpose.RESTORE_ACCOUNT,
        page="restore-account",
        names=frozenset({"erase_date"}),
    ),
    "account_restored": LetterPlan(page="forgot-password"),
    "account_erased": LetterPlan(),
    "invitation": LetterPlan(
        purpose=Purpose.INVITE, page="accept-invitation", names=frozenset({"roles"})
    ),
}
