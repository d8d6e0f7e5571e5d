"""People who register and sign in over HTTP, with real passwords."""

from dataclasses import dataclass
from itertools import count
from typing import Self

from tests.support.faults_http import Answer, ask

PASSWORD = "a long walk in the rain"
NEW_PASSWORD = "a short walk in the sun"
_numbers = count(1)


@dataclass(frozen=True)
class SignedIn:
    """What a sign-in gave."""

    session: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True)
class Person:
    """Somebody with an account, whose password was `PASSWORD`."""

    id: str
    name: str

    @classmethod
    async def registered(cls, port: int) -> Self:
        name = f"person-{port}-{next(_numbers)}"
        made = await ask(port, "POST", "/users", {"username": name, "password": PASSWORD})
        assert made.status == 201, made
        return cls(made.body["id"], name)

    async def try_to_sign_in(self, port: int, password: str = PASSWORD) -> Answer:
        return await ask(port, "POST", "/sessions", {"login": self.name, "password": password})

    async def sign_in(self, port: int, password: str = PASSWORD) -> SignedIn:
        answer = await self.try_to_sign_in(port, password)
        assert answer.status == 201, answer
        return signed_in_by(answer)

    async def change_password(self, port: int, access_token: str) -> Answer:
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        return await ask(port, "PUT", "/users/me/password", body, token=access_token)


def signed_in_by(answer: Answer) -> SignedIn:
    body = answer.body
    return SignedIn(body["session_id"], body["access_token"], body["refresh_token"])
