"""Finding the user somebody means."""

from dataclasses import dataclass

from hexkey.application.ports.accounts import EmailSyntax, UserDirectory, UsernameSyntax
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.identifiers import parse_user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FindUser:
    """Let an operator name a user by whatever is at hand."""

    users: UserDirectory
    usernames: UsernameSyntax
    emails: EmailSyntax

    async def __call__(self, *, reference: str) -> User:
        """Return the user, disabled or not.

        Args:
            reference: an id, a user name or an e-mail address, the latter two in any case. A name
                that looks like an id is taken for an id first.

        Raises:
            UserNotFound: if there is no such user.
        """
        id_ = parse_user_id(reference)
        found = await self.users.find(id_) if id_ else None
        found = found or await self._by_name(reference)
        if found is None:
            raise UserNotFound
        return found

    async def _by_name(self, reference: str) -> User | None:
        try:
            if "@" in reference:
                return await self.users.find_by_email(self.emails.parse(reference).key)
            return await self.users.find_by_username(self.usernames.parse(reference).key)
        except (InvalidEmail, InvalidUsername):
            return None
