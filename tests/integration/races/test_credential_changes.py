"""RA-05: once a password change or a disabling was answered, nothing older yields anything."""

import asyncio
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pytest

from tests.integration.races.conftest import Served
from tests.support.faults_http import Answer, eventually, refresh, whoami
from tests.support.faults_people import NEW_PASSWORD, Person, SignedIn, signed_in_by
from tests.support.server import run_program

pytestmark = pytest.mark.anyio

T = TypeVar("T")

AT_ONCE = 3  # sign-ins; those that come too late are guesses, and five would be delayed
ROUNDS = 3


async def sign_in_until(done: "asyncio.Task[T]", served: Served, person: Person) -> list[Answer]:
    """With the old password, so that some have read the user when the change is committed."""

    async def again_and_again(port: int) -> list[Answer]:
        answers = []
        while not done.done():
            answers.append(await person.try_to_sign_in(port))
        return answers[-2:]  # those before were answered before the deed was done

    ports = [served.ports[number % 2] for number in range(AT_ONCE)]
    return list(chain(*await asyncio.gather(*map(again_and_again, ports))))


async def refresh_until(done: "asyncio.Task[T]", served: Served, token: str) -> str:
    """The last token that was given."""
    while not done.done():
        answer = await refresh(served.port, token)
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

            change = asyncio.create_task(person.change_password(served.port, mine.access_token))
            tries, last = await asyncio.gather(
                sign_in_until(change, served, person),
                refresh_until(change, served, other.refresh_token),
            )

            assert (await change).status == 204
            assert {answer.status for answer in tries} <= {201, 401, 503}
            await yields_nothing(served, SignedIn(other.session, other.access_token, last))
            for answer in tries:
                if answer.status == 201:
                    await yields_nothing(served, signed_in_by(answer))
            await person.sign_in(served.port, NEW_PASSWORD)
            assert (await person.try_to_sign_in(served.port)).status == 401
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

        tries, last = await asyncio.gather(
            sign_in_until(disabling, served, person),
            refresh_until(disabling, served, other.refresh_token),
        )

        assert (await disabling).returncode == 0
        assert {answer.status for answer in tries} <= {201, 401, 429, 503}
        opened = [signed_in_by(answer) for answer in tries if answer.status == 201]
        for each in [*opened, SignedIn(other.session, other.access_token, last)]:
            await yields_nothing(served, each)
