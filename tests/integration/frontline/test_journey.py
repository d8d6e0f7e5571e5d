"""The front line as docs/deployment/nginx.conf draws it: one service, whoever of two answers."""

import asyncio
import http.client
import json
import ssl
from typing import Any

import pytest

from tests.integration.frontline.conftest import FrontLine
from tests.support.faults_http import Answer, eventually
from tests.support.nginx import NAME, SHIPPED

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

PASSWORD = "a long walk in the rain"


class Client:
    """A program that believes the authority, and nothing else."""

    def __init__(self, frontline: FrontLine) -> None:
        self._frontline = frontline

    def __call__(
        self, method: str, path: str, body: Any = None, token: str = "", **headers: str
    ) -> Answer:
        """One request, on a connection of its own."""
        nginx = self._frontline.nginx
        connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, context=nginx.trust)
        connection.sock = nginx.connect()
        sent = {"Host": NAME, "Content-Type": "application/json", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, _read(octets, found))


def _read(octets: bytes, headers: dict[str, str]) -> Any:
    is_json = headers.get("content-type", "").partition(";")[0].endswith("json")
    return json.loads(octets) if octets and is_json else octets.decode()


@pytest.fixture
def client(frontline: FrontLine) -> Client:
    return Client(frontline)


class TestJourney:
    def test_is_the_same_through_the_front_line(self, client: Client, frontline: FrontLine) -> None:
        """P123: registering, signing in, refreshing, changing the password, signing out."""
        account = {"username": "ada", "password": PASSWORD}
        assert client("POST", "/users", account).status == 201
        tokens = client("POST", "/sessions", {"login": "ada", "password": PASSWORD}).body
        other = client("POST", "/sessions", {"login": "ada", "password": PASSWORD}).body

        both = [client("GET", "/users/me", token=tokens["access_token"]) for _ in range(4)]
        assert {it.status for it in both} == {200}
        spent = tokens["refresh_token"]
        tokens = client("POST", "/sessions/refresh", {"refresh_token": spent}).body
        change = {"current_password": PASSWORD, "new_password": "a short walk in the sun"}
        token = tokens["access_token"]
        assert client("PUT", "/users/me/password", change, token=token).status == 204
        # Both instances know at once what one of them did.
        refused = [client("GET", "/users/me", token=other["access_token"]) for _ in range(4)]
        assert {it.status for it in refused} == {401}
        assert client("DELETE", "/sessions/current", token=token).status == 204
        assert [client("GET", "/users/me", token=token).status for _ in range(4)] == [401] * 4

        served = [it.log.count("/users/me") for it in frontline.instances]
        assert min(served) >= 2, "both instances were to be asked"

    def test_is_not_led_astray_by_what_a_client_says_about_itself(
        self, client: Client, frontline: FrontLine
    ) -> None:
        """RL-06, RC-08."""
        claims = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6;host=evil.example"}
        claims |= {"X-Forwarded-Host": "evil.example", "X-Real-IP": "6.6.6.6"}

        answer = client("GET", "/.well-known/jwks.json", **claims)

        assert answer.status == 200
        log = "".join(it.log for it in frontline.instances)
        assert "6.6.6.6" not in log
        assert "evil.example" not in log

    def test_keeps_queries_out_of_its_log(self, client: Client, frontline: FrontLine) -> None:
        client("GET", "/account/reset-password?token=a-very-secret-token", Referer="https://x/?y=z")

        async def is_written() -> bool:  # after the answer
            return "/account/reset-password" in frontline.nginx.access_log

        asyncio.run(eventually(is_written))
        assert "a-very-secret-token" not in frontline.nginx.access_log

    def test_lets_hexkey_say_what_is_too_much(self, client: Client) -> None:
        """IN-01, IN-02."""
        answer = client("POST", "/sessions", {"login": "x" * 100_000, "password": ""})
        assert (answer.status, answer.body["code"]) == (413, "content_too_large")

        answer = client("GET", "/livez", X="x" * 15_000, Y="y" * 3_000)
        assert (answer.status, answer.body["code"]) == (431, "headers_too_large")

    def test_has_no_answer_for_another_name(self, frontline: FrontLine) -> None:
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            frontline.nginx.connect("evil.example")

    def test_says_without_tls_only_where_it_is(self, frontline: FrontLine) -> None:
        for host, expected in ((NAME, 301), ("evil.example", 404)):
            connection = http.client.HTTPConnection("127.0.0.1", frontline.nginx.plain_port)
            connection.request("GET", "/account/reset-password?token=x", headers={"Host": host})
            answer = connection.getresponse()

            assert answer.status == expected
            assert answer.getheader("location") in (None, f"https://{NAME}/")
            connection.close()


class TestShippedConfiguration:
    def test_in_03_gives_ten_seconds(self) -> None:
        """IN-03."""
        text = SHIPPED.read_text()

        assert "client_header_timeout 10s;" in text
        assert "client_body_timeout 10s;" in text
        assert "keepalive_timeout 5s;" in text
