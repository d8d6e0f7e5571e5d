"""LG-01: every type of event there is comes of something that people do."""

import re
from pathlib import Path

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.access import ADMIN
from hexkey.domain.audit.event import AuditType
from tests.integration.http import test_audit_catalogue as catalogue
from tests.support.api import PASSWORD, Api, an_api
from tests.support.audited_deeds import DEEDS
from tests.support.life_flows import FLOWS, Somebody
from tests.support.program import Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

pytestmark = pytest.mark.anyio

BY_FLOW = {
    AuditType.USER_RESTORED: ("restoring", "restoring_by_link"),
    AuditType.USER_EXPORTED: ("exporting",),
    AuditType.USER_REGISTERED: ("accepting_an_invitation",),
    AuditType.USER_ERASED: ("erasing_whoever_left",),
    AuditType.USER_INVITED: ("inviting",),
    AuditType.USER_DISABLED: ("refusing_whoever_left", "disabling"),
}
BY_COMMAND: dict[AuditType, list[str]] = {
    AuditType.MASTER_ROTATED: ["keys", "rotate-master"],
    AuditType.KEY_MADE: ["keys", "rotate"],
    AuditType.AUDIT_EXPORTED: ["audit", "export"],
    AuditType.AUDIT_READ: ["audit", "search"],
    AuditType.ROLE_DEFINED: ["roles", "add", "helpdesk"],
    AuditType.WEBHOOK_ADDED: ["webhooks", "add", "https://example.com/hook"],
    AuditType.USER_INVITED: ["users", "invite", "ann@example.com"],
}
ELSEWHERE = {AuditType.SETUP_COMPLETED, AuditType.SERVER_STARTED}  # below, and in the catalogue


async def types_in(api: Api) -> set[str]:
    """The types of all that was written down."""
    await api.container.refusals().write()
    found = await api.container.audit_archive().page(AuditQuery(), after=None, limit=500)
    return {event.type for event in found}


class TestAType:
    @pytest.mark.parametrize("kind", DEEDS)
    async def test_lg_01_comes_of_a_deed(self, kind: AuditType) -> None:
        """LG-01: and was not there before it."""
        deed = DEEDS[kind]
        async with an_api(**deed.settings) as api:
            make = api.container.register_user().by_operator
            root = await make(username="annabel", password=PASSWORD)
            bob = await make(username="bob", password=PASSWORD)
            await api.container.refusals().write()
            before = await api.container.audit_archive().page(AuditQuery(), after=None, limit=99)
            await api.container.grant_role()(user=root.id, role=ADMIN)
            headers = await api.sign_in("annabel")

            await deed.act(api, headers, bob.id)

            assert kind in await types_in(api)
            assert kind not in {it.type for it in before} - {AuditType.BREACHES_UNANSWERED}

    @pytest.mark.parametrize(
        ("kind", "name"), [(kind, name) for kind, names in BY_FLOW.items() for name in names]
    )
    async def test_lg_01_comes_of_a_flow(self, api: Api, kind: AuditType, name: str) -> None:
        """LG-01: of the life of an account."""
        deed = await FLOWS[name](Somebody(api, "ann"))
        before = await types_in(api)

        assert await deed() < 300

        assert kind in await types_in(api) - before

    @pytest.mark.parametrize("kind", BY_COMMAND)
    def test_lg_01_comes_of_a_command(self, hexkey: Program, kind: AuditType) -> None:
        """LG-01: and says that it was somebody at the machine."""
        assert hexkey(*BY_COMMAND[kind]).exit_code == 0

        found = hexkey.json("audit", "search", "--type", kind.value)
        assert {it["actor"] for it in found} == {"operator"}

    async def test_lg_01_comes_of_the_set_up(self, api: Api) -> None:
        """LG-01, RC-16."""
        token = api.container.setup_tokens().token()
        body = {"token": token, "username": "annabel", "password": PASSWORD}

        assert (await api.call("POST", "/setup", json=body)).status_code == 201

        assert AuditType.SETUP_COMPLETED in await types_in(api)

    def test_lg_01_is_caused_somewhere_whatever_it_is(self) -> None:
        """LG-01: a type that nothing here causes has no test, or nothing that writes it."""
        told = [*catalogue.EVENTS_OF.values(), *(types for _, types in catalogue.ACTS.values())]
        caused = {AuditType(it) for types in told for it in types}

        assert caused | {*DEEDS, *BY_FLOW, *BY_COMMAND, *ELSEWHERE} == set(AuditType)

    def test_lg_01_is_named_in_the_guide(self) -> None:
        """LG-01: there, and nothing else."""
        guide = Path(__file__).parents[3] / "docs" / "guides" / "audit.md"
        table = guide.read_text().partition("## Which events there are")[2].partition("##")[0]

        assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", table)) == set(AuditType)
