"""The steps of recovery over HTTP, as a person with a mail program takes them."""

from typing import Any

from hexkey.application.ports.mail import Mail
from tests.support.api import Answer, Api
from tests.support.mails import token_in

ADDRESS = "alice@example.com"
NEW_PASSWORD = "an even longer walk in the rain"


async def with_address(api: Api, username: str = "alice", **more: Any) -> dict[str, Any]:
    """A new account with an address; the mail that confirms it has left."""
    account = await api.register(username, email=f"{username}@example.com", **more)
    await api.delivered()
    api.clock.advance(minutes=1)  # so that another mail may be asked for
    return account


async def verified(api: Api, username: str = "alice", **more: Any) -> dict[str, Any]:
    """The same, of somebody who has confirmed the address."""
    account = await api.register(username, email=f"{username}@example.com", **more)
    assert (await confirm(api, token=token_in(await api.mail()))).status_code == 204
    api.clock.advance(minutes=1)
    return account


async def ask(api: Api, path: str, email: str = ADDRESS, **how: Any) -> Answer:
    """Ask for a mail."""
    return await api.call("POST", path, json={"email": email}, **how)


async def reset_mail(api: Api, email: str = ADDRESS) -> Mail:
    """Ask for a reset and read the mail."""
    assert (await ask(api, "/password-resets", email)).status_code == 202
    return await api.mail()


async def reset(api: Api, **proof: str) -> Answer:
    """Choose a new password."""
    body = {"new_password": NEW_PASSWORD, **proof}
    return await api.call("POST", "/password-resets/confirm", json=body)


async def confirm(api: Api, **proof: str) -> Answer:
    """Confirm an address."""
    return await api.call("POST", "/email-verifications/confirm", json=proof)


async def signs_in(api: Api, login: str, password: str) -> bool:
    """Whether that works."""
    body = {"login": login, "password": password}
    return (await api.call("POST", "/sessions", json=body)).status_code == 201
