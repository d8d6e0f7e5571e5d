"""What a request carries to the worker, in the words of an outbox message."""

from collections.abc import Mapping

from hexkey.domain.accounts.one_time_token import PendingRegistration
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import UserId


def registration_content(pending: PendingRegistration) -> Mapping[str, str]:
    """`pending` as words; `pending_registration` reads them."""
    content = {"password_hash": str(pending.password)}
    if pending.username is not None:
        name = pending.username
        content |= {"username": name.value, "username_key": name.key}
        content |= {"username_skeleton": name.skeleton}
    if pending.profile.full_name is not None:
        content["full_name"] = pending.profile.full_name
    return content


def pending_registration(
    content: Mapping[str, str], *, language: str | None
) -> PendingRegistration:
    """What `registration_content` wrote."""
    username = None
    if "username" in content:
        username = Username(
            value=content["username"],
            key=content["username_key"],
            skeleton=content["username_skeleton"],
        )
    return PendingRegistration(
        username=username,
        profile=Profile(full_name=content.get("full_name")),
        password=PasswordHash(content["password_hash"]),
        language=language,
    )


def change_content(user: User) -> Mapping[str, str]:
    """Who asks for another address, with the password they have now."""
    return {"asking": user.id, "credential_version": str(user.credential_version)}


def requested_change(content: Mapping[str, str]) -> tuple[UserId, int]:
    """What `change_content` wrote."""
    return UserId(content["asking"]), int(content["credential_version"])
