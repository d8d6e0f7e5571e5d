"""How a route gets its use case: from the container on `app.state`, by plain `Depends`.

Not by `dependency-injector`'s wiring: that patches modules for the whole process, so that two
applications in one process would share the last one's adapters, and it costs each request a hop
into a thread.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from hexkey.application.accounts.password_change import ChangePassword
from hexkey.application.accounts.profile import ReadPublicProfile, UpdateProfile
from hexkey.application.accounts.registration import RegisterUser
from hexkey.application.keys.publication import PublishKeys
from hexkey.application.sessions.ending import EndOtherSessions, EndSession, ListSessions
from hexkey.application.sessions.issuing import SignIn
from hexkey.application.sessions.reauthentication import Reauthenticate
from hexkey.application.sessions.refreshing import RefreshSession
from hexkey.application.sessions.revocations import PublishRevocations
from hexkey.domain.sessions.access_token import Principal
from hexkey.domain.sessions.session import Client
from hexkey.entrypoints.container import Container
from hexkey.entrypoints.http.devices import device_of
from hexkey.entrypoints.http.protection import (
    ANYONE,
    IS_FRESH,
    IS_FRESH_MAY_LEAVE,
    MAY_LEAVE,
    MAY_LEAVE_OR_READ,
    SIGNED_IN,
    SIGNED_IN_OR_WRITE,
)
from hexkey.entrypoints.readiness import Readiness

T = TypeVar("T")


def use(pick: Callable[[Container], T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency on what `pick` takes out of the container of the application that serves."""

    async def dependency(request: Request) -> T:
        container: Container = request.app.state.container
        return pick(container)

    return dependency


async def client_address(request: Request) -> str | None:
    """Where the request came from, for counting failures."""
    address: str | None = request.app.state.client_address(request.scope)
    return address


async def origin_of(request: Request) -> Client:
    """Where the request came from, for its owner to recognize and for counting failures."""
    return Client.seen_at(
        request.app.state.client_address(request.scope), request.headers.get("user-agent")
    )


async def preferred_language(request: Request) -> str | None:
    """The best language that mails are written in for whoever makes the request, if any fits."""
    header = request.headers.get("accept-language", "")
    language: str | None = request.app.state.container.letter_writer().language_for(header)
    return language


Public = Depends(ANYONE)
Caller = Annotated[Principal, Depends(SIGNED_IN)]
WritingCaller = Annotated[Principal, Depends(SIGNED_IN_OR_WRITE)]
FreshCaller = Annotated[Principal, Depends(IS_FRESH)]
LeavingCaller = Annotated[Principal, Depends(MAY_LEAVE)]
ReadingCaller = Annotated[Principal, Depends(MAY_LEAVE_OR_READ)]
FreshLeavingCaller = Annotated[Principal, Depends(IS_FRESH_MAY_LEAVE)]
Address = Annotated[str | None, Depends(client_address)]
Origin = Annotated[Client, Depends(origin_of)]
Device = Annotated[str | None, Depends(device_of)]
Language = Annotated[str | None, Depends(preferred_language)]

Register = Annotated[RegisterUser, Depends(use(lambda c: c.register_user()))]
Change = Annotated[ChangePassword, Depends(use(lambda c: c.change_password()))]
Update = Annotated[UpdateProfile, Depends(use(lambda c: c.update_profile()))]
ReadPublic = Annotated[ReadPublicProfile, Depends(use(lambda c: c.read_public_profile()))]
SignInUser = Annotated[SignIn, Depends(use(lambda c: c.sign_in()))]
Refresh = Annotated[RefreshSession, Depends(use(lambda c: c.refresh_session()))]
ListMine = Annotated[ListSessions, Depends(use(lambda c: c.list_sessions()))]
End = Annotated[EndSession, Depends(use(lambda c: c.end_session()))]
EndOthers = Annotated[EndOtherSessions, Depends(use(lambda c: c.end_other_sessions()))]
Prove = Annotated[Reauthenticate, Depends(use(lambda c: c.reauthenticate()))]
PublishRevoked = Annotated[PublishRevocations, Depends(use(lambda c: c.publish_revocations()))]
Publish = Annotated[PublishKeys, Depends(use(lambda c: c.publish_keys()))]
Ready = Annotated[Readiness, Depends(use(lambda c: c.readiness()))]
