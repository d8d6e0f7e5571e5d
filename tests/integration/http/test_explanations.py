"""What an operator can find out about a request, and its caller cannot."""

from collections.abc import Mapping

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.access import Forbidden, Permission
from hexkey.domain.audit.event import AuditEvent
from tests.support.administering import a_helper, define
from tests.support.api import PASSWORD, Answer, Api, bearer

pytestmark = pytest.mark.anyio

EVERY_PROBLEM_HAS = {"type", "title", "status", "detail", "code", "request_id"}


async def written(api: Api, **conditions: str) -> list[AuditEvent]:
    """What was written down, the oldest first."""
    await api.container.refusals().write()
    query = AuditQuery(**conditions)  # type: ignore[arg-type]  # no instants among them
    events = await api.container.audit_archive().page(query, after=None, limit=2000)
    return list(events)[::-1]


async def explained(api: Api, answer: Answer) -> AuditEvent:
    """The one event of the request that `answer` refused."""
    (event,) = await written(api, request_id=answer.headers["x-request-id"])
    return event


async def guess(api: Api, login: str = "alice", password: str = "wrong password") -> Answer:
    answer = await api.call("POST", "/sessions", json={"login": login, "password": password})
    assert answer.status_code in {401, 429}
    assert set(answer.json()) == EVERY_PROBLEM_HAS
    return answer


def facts(event: AuditEvent) -> dict[str, bool]:
    return {check.name: check.passed for check in event.explanation}


class TestExplanation:
    async def test_tells_a_wrong_password_from_an_unknown_name(self, api: Api) -> None:
        user = await api.register()

        known, unknown = await guess(api), await guess(api, login="nobody-here")

        wrong, nobody = await explained(api, known), await explained(api, unknown)
        assert known.json()["detail"] == unknown.json()["detail"]
        assert (wrong.type, wrong.reason) == ("sign_in.refused", "invalid_credentials")
        assert (wrong.subject, nobody.subject) == (user["id"], None)
        assert (
            facts(wrong).items()
            >= {
                "account.known": True,
                "account.active": True,
                "password.matches": False,
            }.items()
        )
        assert facts(nobody)["account.known"] is False

    async def test_tells_a_disabled_account_with_the_right_password(self, api: Api) -> None:
        user = await api.register()
        await api.disable(user["id"])

        event = await explained(api, await guess(api, password=PASSWORD))

        assert facts(event)["account.active"] is False
        assert facts(event)["password.matches"] is True

    async def test_names_the_rule_its_counter_and_its_threshold(self, api: Api) -> None:
        await api.register()
        answers = [await guess(api) for _ in range(6)]
        assert answers[-1].status_code == 429

        event = await explained(api, answers[-1])

        assert event.type == "sign_in.throttled"
        failed = [check for check in event.explanation if not check.passed]
        assert [check.name for check in failed] == ["throttle.account"]
        assert failed[0].facts["failures"] == "5"
        assert failed[0].facts["free"] == "4"
        assert int(failed[0].facts["wait_seconds"]) >= 0
        assert "password.matches" not in facts(event)

    async def test_holds_no_secret(self, api: Api) -> None:
        await api.register()
        secret = "correct horse battery staple 8472"

        event = await explained(api, await guess(api, password=secret))

        assert secret not in repr(event)
        assert PASSWORD not in repr(event)

    async def test_is_there_for_whoever_may_read_the_trail_and_nobody_else(self, api: Api) -> None:
        admin, somebody = await api.administrator(), await api.somebody("bob")
        refused = (await guess(api, login="bob")).headers["x-request-id"]
        await api.container.refusals().write()
        path = f"/admin/explanations/{refused}"

        assert (await api.call("GET", path)).status_code == 401
        assert (await api.call("GET", path, headers=somebody)).status_code == 403
        answer = await api.call("GET", path, headers=admin)

        assert answer.status_code == 200
        (event,) = answer.json()["events"]
        assert event["request_id"] == refused
        assert {"check": "password.matches", "passed": False, "facts": {}} in event["checks"]
        assert [it.type for it in await written(api, type="audit.explanation_read")]

    async def test_of_a_request_that_nobody_knows_is_not_found(self, api: Api) -> None:
        admin = await api.administrator()

        answer = await api.call("GET", "/admin/explanations/unknown", headers=admin)

        assert answer.status_code == 404
        assert answer.json()["code"] == "explanation_not_found"


def decided(event: AuditEvent) -> tuple[str, Mapping[str, str]]:
    """The check that the request did not pass, which is the last one."""
    (failed,) = [it for it in event.explanation if not it.passed]
    assert failed == event.explanation[-1]
    return failed.name, failed.facts


class TestForbidden:
    """LG-01: an operator sees what was missing, where the caller saw "You are not allowed"."""

    async def test_names_the_permission(self, api: Api) -> None:
        helper = await a_helper(api, Permission.ROLES_READ)

        answer = await api.call("GET", "/admin/users", headers=helper)

        assert "users:read" not in answer.text
        name, facts = decided(await explained(api, answer))
        assert (name, facts) == ("caller.permission", {"needed": "users:read"})

    async def test_names_the_permission_of_a_part(self, api: Api) -> None:
        bob = await api.register("bob")
        helper = await a_helper(api, Permission.USERS_WRITE)
        path, body = f"/admin/users/{bob['id']}", {"full_name": "B", "status": "disabled"}

        answer = await api.call("PATCH", path, headers=helper, json=body)

        name, facts = decided(await explained(api, answer))
        assert (name, facts) == ("caller.permission", {"needed": "users:disable"})

    async def test_names_the_roles_that_are_more_than_the_callers(self, api: Api) -> None:
        root = (await api.me(await api.administrator())).json()["id"]
        bob = await api.register("bob")
        plenty = [it for it in Permission if it != Permission.AUDIT_READ]
        await define(api, "auditor", Permission.AUDIT_READ)
        helper = await a_helper(api, *plenty)

        acting = await api.call("POST", f"/admin/users/{root}/disable", headers=helper)
        path = f"/admin/users/{bob['id']}/roles/auditor"
        giving = await api.call("PUT", path, headers=helper)

        assert decided(await explained(api, acting)) == ("caller.covers", {"roles": "admin"})
        assert decided(await explained(api, giving)) == ("caller.may_give", {"roles": "auditor"})

    async def test_says_when_the_caller_last_proved_who_they_are(self, api: Api) -> None:
        root = await api.administrator()
        proved = api.clock.now()
        api.clock.advance(minutes=5)

        body = {"email": "new@example.com"}
        answer = await api.call("POST", "/admin/users", headers=root, json=body)

        name, facts = decided(await explained(api, answer))
        assert (name, facts) == ("caller.proved", {"at": str(proved), "minutes": "5"})

    async def test_names_the_scope_and_the_key_that_lacks_it(self, api: Api) -> None:
        root = await api.administrator()
        body = {"name": "backup", "scopes": ["users:read"], "expires_in": 60}
        made = (await api.call("POST", "/users/me/api-keys", headers=root, json=body)).json()
        key = bearer(made["secret"])

        role = await explained(api, await api.call("GET", "/admin/roles", headers=key))
        mine = await explained(api, await api.call("GET", "/users/me/api-keys", headers=key))

        assert decided(role) == ("key.scope", {"needed": "roles:read", "key": made["id"]})
        assert decided(mine)[1]["needed"] == "none that a key can have"


class TestRefusals:
    async def test_that_cost_nothing_are_not_written_down(self, api: Api) -> None:
        await api.call("GET", "/nothing/here")
        await api.call("DELETE", "/livez")
        await api.call("GET", "/users/me")
        await api.call("POST", "/sessions", json={})

        assert [it for it in await written(api) if it.outcome != "done"] == []

    async def test_say_who_was_kept_out_and_from_where(self, api: Api) -> None:
        headers = await api.somebody() | {"User-Agent": "Fox\x1b[31m"}
        me = (await api.me(headers)).json()["id"]

        answer = await api.call("GET", "/admin/users", headers=headers)

        event = await explained(api, answer)
        assert (event.type, event.reason, event.actor) == (
            "access.refused",
            "forbidden",
            f"user:{me}",
        )
        assert event.session_hash is not None
        assert event.address == "127.0.0.1"
        assert event.client == "Fox?[31m"

    async def test_beyond_the_most_that_may_wait_are_counted(self, api: Api) -> None:
        """A flood costs the database a bounded number of rows, and is still told of."""
        refusals = api.container.refusals()
        for _ in range(1005):
            refusals.note(Forbidden())

        events = await written(api)

        assert len([it for it in events if it.type == "access.refused"]) == 1000
        (dropped,) = [it for it in events if it.type == "audit.refusals_dropped"]
        assert dropped.details == {"events": "5"}


class TestSearch:
    async def test_goes_through_all_events_by_cursors_that_fit_only_their_query(
        self, api: Api
    ) -> None:
        admin = await api.administrator()
        await api.register("bob")
        path = "/admin/audit-events?limit=2&type=user.registered"

        first = (await api.call("GET", path, headers=admin)).json()
        cursor = first["next_cursor"]

        assert len(first["items"]) == 2
        assert cursor is None
        page = (await api.call("GET", "/admin/audit-events?limit=1", headers=admin)).json()
        other = f"{path}&cursor={page['next_cursor']}"
        assert (await api.call("GET", other, headers=admin)).status_code == 400

    async def test_is_itself_written_down(self, api: Api) -> None:
        admin = await api.administrator()

        await api.call("GET", "/admin/audit-events?outcome=refused", headers=admin)

        (event,) = await written(api, type="audit.read")
        assert event.details == {"query": "outcome=refused", "events": "0"}

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "outcome=other",
            "since=yesterday",
            "since=2026-01-01T00:00:00",
            "type=%00",
            "subject=" + "x" * 65,
            "cursor=junk",
        ],
    )
    async def test_takes_only_what_it_knows(self, api: Api, query: str) -> None:
        admin = await api.administrator()

        answer = await api.call("GET", f"/admin/audit-events?{query}", headers=admin)

        assert answer.status_code in {400, 422}

    @pytest.mark.parametrize("since", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
    async def test_takes_any_instant(self, stored_api: Api, since: str) -> None:
        admin = await stored_api.administrator()

        answer = await stored_api.call("GET", f"/admin/audit-events?since={since}", headers=admin)

        assert answer.status_code == 200
