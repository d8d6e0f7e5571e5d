"""RA-05: once a password change or a disabling was answered, nothing older yields anything."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.races.conftest import Served
from tests.support.faults_http import Answer, eventually, refresh, whoami
from tests.support.faults_people import NEW_PASSWORD, Person, SignedIn, signed_in_by
from tests.support.server import run_program

pytestmark = pytest.mark.anyio

SIGN_INS = 6  # at one instant, half of them before the change and half after, roughly
ROUNDS = 3


async def sign_in_all_the_time(served: Served, person: Person) -> list[Answer]:
    """Old password, both instances, in a row: some come before the change and some after."""
    tries = [person.try_to_sign_in(served.ports[n % 2]) for n in range(SIGN_INS)]
    return await asyncio.gather(*tries)


async def refresh_all_the_time(served: Served, token: str) -> str:
    """The last token that was given."""
    for number in range(SIGN_INS):
        answer = await refresh(served.ports[number % 2], token)
        if answer.status == 200:
            token = answer.body["refresh_token"]
    return token


async def yields_nothing(served: Served, opened: SignedIn) -> None:
    for port in served.ports:
        refused = await refresh(port, opened.refresh_token)
        assert (refused.status, refused.code) == (401, "invalid_refresh_token")
    await eventually(lambda: believed_nowhere(served, opened.access_token))


async def believed_nowhere(served: Served, access_token: str) -> bool:
    return {await whoami(port, access_token) for port in served.ports * 3} == {401}


class TestAPasswordChange:
    async def test_ra_05_wins_against_sign_ins_and_refreshes(self, served: Served) -> None:
        for _ in range(ROUNDS):
            person = await Person.registered(served.port)
            mine, other = [await person.sign_in(port) for port in served.ports]

            changed, tries, last = await asyncio.gather(
                person.change_password(served.port, mine.access_token),
                sign_in_all_the_time(served, person),
                refresh_all_the_time(served, other.refresh_token),
            )

            assert changed.status == 204
            assert {answer.status for answer in tries} <= {201, 401, 503}
            await yields_nothing(served, SignedIn(other.session, other.access_token, last))
            for answer in tries:
                if answer.status == 201:
                    await yields_nothing(served, signed_in_by(answer))
            assert (await person.try_to_sign_in(served.port)).status == 401
            await person.sign_in(served.port, NEW_PASSWORD)
            assert (await refresh(served.port, mine.refresh_token)).status == 200


class TestADisabling:
    async def test_ra_05_wins_against_sign_ins_and_refreshes(
        self, served: Served, tmp_path: Path
    ) -> None:
        person = await Person.registered(served.port)
        other = await person.sign_in(served.port)
        command = ("users", "disable", person.name)
        disabling = asyncio.create_task(
            asyncio.to_thread(run_program, *command, folder=tmp_path, env=served.env)
        )

        tries: list[Answer] = []
        last = other.refresh_token
        while not disabling.done():
            tries += await sign_in_all_the_time(served, person)
            last = await refresh_all_the_time(served, last)

        assert (await disabling).returncode == 0
        assert {answer.status for answer in tries} <= {201, 401, 429, 503}
        opened = [signed_in_by(answer) for answer in tries if answer.status == 201]
        for each in [*opened[-SIGN_INS:], SignedIn(other.session, other.access_token, last)]:
            await yields_nothing(served, each)
