"""LG-07 and LG-08: whatever breaks lets nobody in, ends no worker, and is written down."""

import logging
from typing import Any

import httpx2
import pytest
from dependency_injector import providers

from hexkey.application.ports.audit import AuditQuery
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.http.app import create_app
from tests.support.api import PASSWORD, Api, an_api, bearer

pytestmark = pytest.mark.anyio

# What is no dependency of a request, or is made anew inside of others.
NOT_ASKED = {"settings", "clock", "ids", "memory", "engine", "derived_keys", "hashing_pool"}
EVERY_ADAPTER = sorted(set(Adapters.providers) - NOT_ASKED)


class Breakable:
    """Stands in front of an adapter, and breaks when it is told to."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.broken = False
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        if self.broken:
            self.asked += 1
            raise RuntimeError("broken by a test")
        return getattr(self.real, name)

    def __call__(self, *args: Any, **more: Any) -> Any:
        return self.__getattr__("__call__")(*args, **more)


async def statuses_of_intruders(api: Api, *, signed_out: str, plain: str) -> dict[str, int]:
    """What those are answered who must not get in."""
    body = {"login": "alice", "password": "a wrong password"}
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "wrong password": ("POST", "/sessions", {"json": body}),
        "wrong password, as a form": ("POST", "/token", {"data": {"username": "alice", **body}}),
        "wrong password, Basic": ("GET", "/users/me", {"auth": ("alice", "a wrong password")}),
        "unknown name": ("POST", "/sessions", {"json": {**body, "login": "nobody-here"}}),
        "ended session": ("GET", "/users/me", {"headers": bearer(signed_out)}),
        "junk token": ("GET", "/users/me", {"headers": bearer("junk")}),
        "no permission": ("GET", "/admin/users", {"headers": bearer(plain)}),
        "no permission to the trail": ("GET", "/admin/audit-events", {"headers": bearer(plain)}),
        "no credential": ("GET", "/users/me", {}),
        "junk refresh token": ("POST", "/sessions/refresh", {"json": {"refresh_token": "junk"}}),
    }
    return {
        name: (await api.call(method, path, **how)).status_code
        for name, (method, path, how) in calls.items()
    }


class TestABrokenDependency:
    @pytest.mark.parametrize("name", EVERY_ADAPTER)
    async def test_lg_08_lets_nobody_in(self, name: str) -> None:
        """LG-08, P124: generated over all adapters."""
        async with an_api(http_basic=True) as first:
            container = first.container
            provider = getattr(container, name)
            adapter = Breakable(provider())
            provider.override(providers.Object(adapter))
            app = create_app(container=container)
            api = Api(app, _client_of(first, app), first.clock, first.hasher, first.mails)
            await api.register()
            signed_out = (await api.sign_in())["Authorization"].removeprefix("Bearer ")
            headers = bearer(signed_out)
            await api.call("DELETE", "/sessions/current", headers=headers)
            plain = (await api.sign_in())["Authorization"].removeprefix("Bearer ")

            await container.throttle().settled()
            adapter.broken = True
            answers = await statuses_of_intruders(api, signed_out=signed_out, plain=plain)
            adapter.broken = False

            assert {it: status for it, status in answers.items() if status < 400} == {}

    async def test_lg_08_is_really_asked(self) -> None:
        """Without this the test above could break what nobody uses."""
        asked = set()
        for name in EVERY_ADAPTER:
            async with an_api(http_basic=True) as first:
                adapter = Breakable(getattr(first.container, name)())
                getattr(first.container, name).override(providers.Object(adapter))
                app = create_app(container=first.container)
                api = Api(app, _client_of(first, app), first.clock, first.hasher, first.mails)
                await api.register()
                token = (await api.sign_in())["Authorization"].removeprefix("Bearer ")
                await first.container.throttle().settled()
                adapter.broken = True
                await statuses_of_intruders(api, signed_out=token, plain=token)
                adapter.broken = False
            if adapter.asked:
                asked.add(name)

        assert asked >= {"users", "failures", "verifier", "signed_in", "refresh_tokens"}


def _client_of(first: Api, app: Any) -> Any:
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.mark.lengthy
class TestTenThousandDefects:
    async def test_lg_07_end_no_worker_and_are_all_written_down(self, api: Api) -> None:
        """LG-07."""
        logging.getLogger("hexkey.http").setLevel(logging.CRITICAL)  # 10,000 tracebacks say no more
        defects = [ValueError, KeyError, RecursionError, MemoryError, TimeoutError, OSError]
        try:
            for number in range(10_000):
                error = defects[number % len(defects)]

                def fail(error: type[Exception] = error) -> None:
                    raise error("injected")

                with api.container.read_public_profile.override(providers.Callable(fail)):
                    answer = await api.call("GET", "/users/x")
                assert answer.status_code == 500
                if number % 500 == 499:
                    await api.container.refusals().write()
        finally:
            logging.getLogger("hexkey.http").setLevel(logging.NOTSET)

        query = AuditQuery(type="request.failed")
        events = await api.container.audit_archive().page(query, after=None, limit=20_000)
        assert len(events) == 10_000
        assert len({event.request_id for event in events}) == 10_000
        assert (await api.call("GET", "/livez")).status_code == 200
        assert PASSWORD not in repr(events[0])
