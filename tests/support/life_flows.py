"""Every flow that changes an account: what must be before it, the deed, and what it has done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import UserId
from tests.support.api import PASSWORD, Api, Headers
from tests.support.mails import code_in, token_in
from tests.support.recovering import NEW_PASSWORD

Deed = Callable[[], Awaitable[int]]


@dataclass
class Somebody:
    """A person with an account, and a way to everything they may do."""

    api: Api
    name: str
    account: dict[str, Any] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.name}@example.com"

    async def call(self, method: str, path: str, body: object = None) -> int:
        answer = await self.answer(method, path, body)
        return int(answer.status_code)

    async def answer(self, method: str, path: str, body: object = None) -> Any:
        how = {} if body is None else {"json": body}
        return await self.api.call(method, path, headers=self.headers, **how)

    async def register(self) -> int:
        body = {"username": self.name, "email": self.address, "password": PASSWORD}
        return await self.call("POST", "/users", body)

    async def begin(self) -> None:
        """Have an account whose address is not verified; its mail is in hand."""
        self.account = await self.api.register(self.name, email=self.address)
        self.more["verification"] = await self.api.mail()

    async def settle(self) -> None:
        """Have one whose address is verified, and a fresh session."""
        await self.begin()
        body = {"token": token_in(self.more["verification"])}
        assert await self.call("POST", "/email-verifications/confirm", body) == 204
        self.api.clock.advance(minutes=2)
        self.headers = await self.api.sign_in(self.name)

    async def ask(self, path: str, email: str | None = None) -> int:
        """Ask for a mail; the answer is kept."""
        answer = await self.answer("POST", path, {"email": email or self.address})
        self.more["asked"] = answer.json()
        return int(answer.status_code)

    async def mail_of(self, path: str, email: str | None = None) -> Any:
        await self.api.delivered()
        assert await self.ask(path, email) == 202
        return await self.api.mail()

    async def changing(self) -> str:
        await self.settle()
        mail = await self.mail_of("/users/me/email", f"new-{self.address}")
        return token_in(mail)

    async def changed(self) -> str:
        """Have changed the address; what undoes that."""
        assert await self.by_token("/email-changes/confirm", await self.changing()) == 204
        (told,) = [it for it in await self.api.delivered() if it.to == self.address]
        return token_in(told)

    async def leaving(self) -> str:
        await self.settle()
        await self.api.delivered()
        assert await self.call("DELETE", "/users/me") == 202
        return token_in(await self.api.mail())

    async def by_token(self, path: str, token: str, **more: str) -> int:
        return await self.call("POST", path, {"token": token, **more})

    async def done(self, deed: Awaitable[object]) -> int:
        """What an operator or a chore does has a status, too."""
        try:
            await deed
        except TemporarilyUnavailable:
            return 503
        return 204

    @property
    def id(self) -> UserId:
        return UserId(self.account["id"])


Prepare = Callable[[Somebody], Awaitable[Deed]]
FLOWS: dict[str, Prepare] = {}


def _flow(prepare: Prepare) -> Prepare:
    FLOWS[prepare.__name__] = prepare
    return prepare


@_flow
async def registering(who: Somebody) -> Deed:
    return who.register


@_flow
async def signing_in(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.call("POST", "/sessions", {"login": who.name, "password": PASSWORD})


@_flow
async def refreshing(who: Somebody) -> Deed:
    await who.settle()
    body = {"login": who.name, "password": PASSWORD}
    token = (await who.answer("POST", "/sessions", body)).json()["refresh_token"]
    return lambda: who.call("POST", "/sessions/refresh", {"refresh_token": token})


@_flow
async def changing_the_profile(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.call("PATCH", "/users/me", {"full_name": "Somebody Else"})


@_flow
async def changing_the_password(who: Somebody) -> Deed:
    await who.settle()
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return lambda: who.call("PUT", "/users/me/password", body)


@_flow
async def proving_identity(who: Somebody) -> Deed:
    await who.settle()
    who.api.clock.advance(minutes=1)
    path, body = "/sessions/current/reauthenticate", {"password": PASSWORD}
    return lambda: who.call("POST", path, body)


@_flow
async def ending_other_sessions(who: Somebody) -> Deed:
    await who.settle()
    await who.api.sign_in(who.name)
    return lambda: who.call("DELETE", "/sessions")


@_flow
async def asking_for_verification(who: Somebody) -> Deed:
    await who.begin()
    who.api.clock.advance(minutes=2)
    return lambda: who.ask("/email-verifications")


@_flow
async def verifying_by_link(who: Somebody) -> Deed:
    await who.begin()
    token = token_in(who.more["verification"])
    return lambda: who.by_token("/email-verifications/confirm", token)


@_flow
async def verifying_by_code(who: Somebody) -> Deed:
    await who.begin()
    body = {"email": who.address, "code": code_in(who.more["verification"])}
    return lambda: who.call("POST", "/email-verifications/confirm", body)


@_flow
async def disowning(who: Somebody) -> Deed:
    await who.begin()
    token = token_in(who.more["verification"])
    return lambda: who.by_token("/email-verifications/disown", token)


@_flow
async def asking_for_reset(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.ask("/password-resets")


@_flow
async def resetting_by_link(who: Somebody) -> Deed:
    await who.settle()
    token = token_in(await who.mail_of("/password-resets"))
    return lambda: who.by_token("/password-resets/confirm", token, new_password=NEW_PASSWORD)


@_flow
async def resetting_by_code(who: Somebody) -> Deed:
    await who.settle()
    code = code_in(await who.mail_of("/password-resets"))
    proof = {"email": who.address, "code": code, "flow": who.more["asked"]["flow"]}
    body = {**proof, "new_password": NEW_PASSWORD}
    return lambda: who.call("POST", "/password-resets/confirm", body)


@_flow
async def asking_for_another_address(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.ask("/users/me/email", f"new-{who.address}")


@_flow
async def confirming_another_address(who: Somebody) -> Deed:
    token = await who.changing()
    return lambda: who.by_token("/email-changes/confirm", token)


@_flow
async def taking_the_address_back(who: Somebody) -> Deed:
    token = await who.changed()
    return lambda: who.by_token("/email-changes/undo", token)


@_flow
async def leaving(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.call("DELETE", "/users/me")


@_flow
async def restoring(who: Somebody) -> Deed:
    await who.leaving()
    return lambda: who.call("POST", "/users/me/restore")


@_flow
async def restoring_by_link(who: Somebody) -> Deed:
    token = await who.leaving()
    return lambda: who.by_token("/account-restorations/confirm", token)


@_flow
async def exporting(who: Somebody) -> Deed:
    await who.settle()
    return lambda: who.call("GET", "/users/me/export")


@_flow
async def accepting_an_invitation(who: Somebody) -> Deed:
    await who.api.container.invite_user()(email=who.address)
    token = token_in(await who.api.mail())
    body = {"token": token, "username": who.name, "password": PASSWORD}
    return lambda: who.call("POST", "/invitations/accept", body)


@_flow
async def inviting(who: Somebody) -> Deed:
    invite = who.api.container.invite_user()
    return lambda: who.done(invite(email=who.address))


@_flow
async def disabling(who: Somebody) -> Deed:
    await who.settle()
    disable = who.api.container.disable_user()
    return lambda: who.done(disable(user=who.id))


@_flow
async def refusing_whoever_left(who: Somebody) -> Deed:
    await who.leaving()
    who.api.clock.advance(days=15)
    erase = who.api.container.erase_due()
    return lambda: who.done(erase())


@_flow
async def erasing_whoever_left(who: Somebody) -> Deed:
    await who.leaving()
    who.api.clock.advance(days=15)
    erase = who.api.container.erase_due()
    await erase()
    who.api.clock.advance(hours=1)
    return lambda: who.done(erase())
