"""The head of a request: sizes, hosts, targets, and what may not reach an answer."""

import json

import pytest

from tests.support.wire import Wire, replies, request, rest

GENERIC = "Invalid token"
A_TOKEN = b"eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"

# P124: each of them is somebody's idea of a credential.
MALFORMED = [
    *(b"", b" ", b"Bearer", b"Bearer ", b"Bearer  ", b"bearer\tx", b"Basic", b"Basic ", b":", b"="),
    *(b"Bearer .", b"Bearer ..", b"Bearer ...", b"Bearer a.b", b"Bearer a.b.c", b"Bearer a.b.c.d"),
    *(b"Bearer " + A_TOKEN + b" x", b"Bearer " + A_TOKEN + b"=", b"Bearer x," + A_TOKEN),
    *(b'Bearer "' + A_TOKEN + b'"', b"Bearer " + b"." * 8000, b"Bearer " + b"A" * 8193),
    *(b"Bearer null", b"Bearer undefined", b"Bearer {}", b"Bearer []", b"Bearer \xc3\xa9"),
    *(b"Bearer \xff\xfe", b"Bearer %00", b"Bearer ' OR 1=1 --", b"Bearer ../../etc/passwd"),
    *(b"Bearer ${jndi:ldap://x}", b"Token x", b"Digest username=x", b"Negotiate YII=", b"JWT x"),
    *(b"Basic :", b"Basic Og==", b"Basic YQ==", b"Basic ////", b"Basic YTpi\xff", b"\xff"),
    *(b"Basic YWxpY2U6", b"Basic OmE=", b"Basic =", b"Bearer Bearer " + A_TOKEN),
]


class TestHeaders:
    def test_in_02_may_have_16_kibibytes(self, wire: Wire) -> None:
        assert wire.ask(request("GET", b"/livez", b"X: " + b"x" * 16_000)).status == 200
        refused = wire.ask(request("GET", b"/livez", b"X: " + b"x" * 16_384))

        assert refused.status == 431
        assert json.loads(refused.body)["code"] == "headers_too_large"

    def test_in_02_may_be_100(self, wire: Wire) -> None:
        assert wire.ask(request("GET", b"/livez", *[b"X: y"] * 98)).status == 200  # Host and ours
        assert wire.ask(request("GET", b"/livez", *[b"X: y"] * 99)).status == 431

    @pytest.mark.parametrize("start", [b"GET /livez HTTP/1.1\r\nX: ", b"GET /"])
    def test_in_02_of_a_megabyte_are_cut_off_early(self, wire: Wire, start: bytes) -> None:
        """IN-02, X6: it never ends, so the application never sees it."""
        before = wire.received

        replies = wire.exchange(start, *[b"x" * 4096] * 256)

        assert [it.status for it in replies] in ([431], [])  # or a reset has overtaken the answer
        assert wire.received - before <= 128 * 1024

    def test_in_02_answers_what_is_too_long(self, wire: Wire) -> None:
        with wire.connect() as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nX: ")
            connection.sendall(b"x" * 10_000)
            connection.sendall(b"x" * 10_000)
            (reply,) = replies(rest(connection))

        assert reply.status == 431
        assert reply.headers["content-type"] == "application/problem+json"

    def test_in_13_control_characters_never_pass(self, wire: Wire) -> None:
        for octet in (b"\0", b"\n\r", b"\x01", b"\r"):
            assert wire.exchange(request("GET", b"/livez", b"X: a" + octet + b"b"))[0].status == 400

    def test_in_13_a_location_takes_nothing_from_the_request(self, wire: Wire) -> None:
        """IN-13, P116, RC-08."""
        body = json.dumps({"username": "bo\u0308b", "password": "a long walk in the rain"}).encode()
        forwarded = b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example"
        headers = (b"Content-Type: application/json", forwarded)

        reply = wire.ask(request("POST", b"/users?\r=%0d%0aSet-Cookie:x", *headers, body=body))
        clean = wire.ask(request("POST", b"/users?x=%0d%0aSet-Cookie:x", *headers, body=body))

        assert reply.status == 400
        assert clean.status == 201
        assert clean.headers["location"] == f"/users/{json.loads(clean.body)['id']}"
        assert "set-cookie" not in clean.headers


class TestAuthorizationHeader:
    def test_has_forty_malformed_forms(self) -> None:
        assert len(set(MALFORMED)) >= 40

    @pytest.mark.parametrize("value", MALFORMED, ids=lambda it: repr(it[:30]))
    def test_p_124_malformed_is_no_credential(self, wire: Wire, value: bytes) -> None:
        """P124."""
        reply = wire.ask(request("GET", b"/users/me", b"Authorization: " + value))

        assert reply.status == 401
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert json.loads(reply.body)["detail"] in {"Not authenticated", GENERIC}

    def test_p_124_twice_is_none(self, wire: Wire) -> None:
        """P124."""
        twice = [b"Authorization: Bearer " + A_TOKEN] * 2

        assert wire.ask(request("GET", b"/users/me", *twice)).status == 401


class TestHost:
    @pytest.mark.parametrize(
        "hosts",
        [
            [],
            [b"127.0.0.1", b"127.0.0.1"],
            [b"evil.example"],
            [b""],
            [b"127.0.0.1.evil.example"],
            [b"evil.example:80@127.0.0.1"],
            [b"127.0.0.1:80x"],
            [b"127.0.0.1:"],
            [b"127.0.0.1,evil.example"],
            [b"127.0.0.1/x"],
            [b"[::1"],
            [b"::2"],
            [b"user@localhost"],
            [b"localhost."],
            [b"\xff"],
        ],
    )
    def test_in_14_is_one_that_is_allowed(self, wire: Wire, hosts: list[bytes]) -> None:
        """IN-14, X9."""
        lines = b"".join(b"Host: " + host + b"\r\n" for host in hosts)

        reply = wire.ask(b"GET /livez HTTP/1.1\r\nConnection: close\r\n" + lines + b"\r\n")

        assert reply.status == 400

    @pytest.mark.parametrize(
        "host",
        [b"127.0.0.1", b"127.0.0.1:8000", b"LocalHost", b"[::1]", b"[::1]:80", b"testserver"],
    )
    def test_in_14_may_name_a_port(self, wire: Wire, host: bytes) -> None:
        assert wire.ask(request("GET", b"/livez", b"Host: " + host)).status == 200

    def test_in_14_of_an_absolute_target_decides_nothing(self, wire: Wire) -> None:
        """IN-14: one policy, whatever form the target has."""
        own = wire.ask(request("GET", b"http://127.0.0.1/livez"))
        foreign = wire.ask(request("GET", b"http://evil.example/livez"))
        headed = wire.ask(request("GET", b"http://127.0.0.1/livez", b"Host: evil.example"))

        assert own.status == 200
        assert foreign.status in {200, 400}  # the header decides, as behind every proxy
        assert headed.status == 400


class TestTarget:
    @pytest.mark.parametrize(
        "target",
        [
            *(b"/\xff", b"/users/%ff", b"/users/%00", b"/users/\x01", b"/" + b"%" * 300, b"*"),
            *(b"//", b"/users/%2e%2e/admin/users", b"/users/me/../me", b"/users/me;x", b"?"),
            *(b"/%75sers/me%2f", b"/users/" + b"9" * 9000, b"/\xc3\xa9", b"http://", b"http:///x"),
            b"/users/%u0041",
        ],
    )
    def test_in_16_of_any_form_is_no_way_in(self, wire: Wire, target: bytes) -> None:
        """IN-16, P82, P123, X7."""
        assert wire.ask(request("GET", target)).status in {400, 401, 404, 405}

    def test_in_16_method_overrides_are_ignored(self, wire: Wire) -> None:
        """IN-17."""
        override = b"X-HTTP-Method-Override: GET"

        assert wire.ask(request("DELETE", b"/livez", override)).status == 405
