"""Forms, and media types that an endpoint does not take."""

import pytest

from tests.support.api import PASSWORD, Api

pytestmark = pytest.mark.anyio

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
GOOD = b"username=alice&password=a+long+walk+in+the+rain"


class TestForm:
    @pytest.fixture(autouse=True)
    async def _alice(self, api: Api) -> None:
        await api.register()

    async def status(self, api: Api, body: bytes) -> int:
        answer = await api.call("POST", "/token", content=body, headers=FORM)
        return answer.status_code

    async def test_may_hold_what_clients_send_along(self, api: Api) -> None:
        more = b"&grant_type=password&scope=&client_id=x&client_secret=y"

        assert await self.status(api, GOOD + more) == 200

    @pytest.mark.parametrize(
        "field", [b"username=bob", b"password=x", b"scope=a&scope=b", b"z=1&z=1"]
    )
    async def test_in_17_says_nothing_twice(self, api: Api, field: bytes) -> None:
        """IN-17."""
        assert await self.status(api, GOOD + b"&" + field) == 400

    async def test_in_18_has_at_most_50_fields(self, api: Api) -> None:
        """IN-18, P117."""
        fields = [b"&f%d=1" % number for number in range(49)]

        assert await self.status(api, GOOD + b"".join(fields[:48])) == 200
        assert await self.status(api, GOOD + b"".join(fields)) == 400

    async def test_in_18_has_fields_of_at_most_8_kibibytes(self, api: Api) -> None:
        """IN-18, P117: of octets, not of characters."""
        assert await self.status(api, GOOD + b"&f=" + b"x" * 8192) == 200
        assert await self.status(api, GOOD + b"&f=" + b"x" * 8193) == 400
        assert await self.status(api, GOOD + b"&f=" + b"%C3%A9" * 4097) == 400

    @pytest.mark.parametrize("body", [b"\xff=1", b"username=%ff", b"%ff=1", b"\xc3\xa9=1"])
    async def test_is_in_utf_8(self, api: Api, body: bytes) -> None:
        """IN-11."""
        assert await self.status(api, body) == 400

    @pytest.mark.parametrize("value", [b"%00", b"a%0d%0ab", b"%1b"])
    async def test_in_08_holds_no_controls(self, api: Api, value: bytes) -> None:
        assert await self.status(api, b"username=" + value + b"&password=x") == 422
        assert await self.status(api, b"username=x&password=" + value) == 422

    @pytest.mark.parametrize("grant", [b"refresh_token", b"authorization_code", b"PASSWORD"])
    async def test_grants_for_a_password_only(self, api: Api, grant: bytes) -> None:
        assert await self.status(api, GOOD + b"&grant_type=" + grant) == 422

    @pytest.mark.parametrize(
        "body", [b"", b"&", b"=", b"username=alice", b"password=x", b"username"]
    )
    async def test_is_complete(self, api: Api, body: bytes) -> None:
        assert await self.status(api, body) == 422


class TestMediaType:
    TYPES = (
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/xml", "application/json; charset=utf-16", "application/json5", "text/json"),
        *("application/vnd.api+json", "application/json, text/plain", "", "*/*", "a" * 5000),
    )

    @pytest.mark.parametrize("given", TYPES)
    async def test_wb_05_is_json_alone_at_json_endpoints(self, api: Api, given: str) -> None:
        """WB-05, P96: a page elsewhere could send the others without being asked first."""
        body = b'{"login":"alice","password":"x"}'
        for method, path in [("POST", "/users"), ("POST", "/sessions")]:
            answer = await api.call(method, path, content=body, headers={"Content-Type": given})
            assert answer.status_code == 415

    async def test_wb_05_is_needed(self, api: Api) -> None:
        assert (await api.call("POST", "/sessions", content=b"{}")).status_code == 415
        twice = [("Content-Type", "application/json"), ("Content-Type", "application/json")]
        answer = await api.call("POST", "/sessions", content=b"{}", headers=twice)
        assert answer.status_code == 415

    async def test_wb_05_is_asked_for_before_who_calls(self, api: Api) -> None:
        caller = await api.somebody("bob")
        for method, path in [("PATCH", "/users/me"), ("PUT", "/users/me/password")]:
            headers = {**caller, "Content-Type": "text/plain"}
            answer = await api.call(method, path, content=b"{}", headers=headers)
            assert answer.status_code == 415

    @pytest.mark.parametrize(
        "given", ["application/json", "text/plain", "multipart/form-data; boundary=x"]
    )
    async def test_in_18_is_a_form_alone_at_the_form(self, api: Api, given: str) -> None:
        """IN-18: multipart is refused."""
        answer = await api.call("POST", "/token", content=GOOD, headers={"Content-Type": given})

        assert answer.status_code == 415

    @pytest.mark.parametrize("given", ["APPLICATION/JSON", 'application/json;charset="UTF-8"'])
    async def test_may_name_its_encoding(self, api: Api, given: str) -> None:
        body = f'{{"username":"alice","password":"{PASSWORD}"}}'.encode()

        answer = await api.call("POST", "/users", content=body, headers={"Content-Type": given})

        assert answer.status_code == 201

    @pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity", ""])
    async def test_in_17_is_not_compressed(self, api: Api, coding: str) -> None:
        headers = {**JSON, "Content-Encoding": coding}

        assert (
            await api.call("POST", "/sessions", content=b"{}", headers=headers)
        ).status_code == 415


class TestQuery:
    async def test_in_17_says_nothing_twice(self, api: Api) -> None:
        """IN-17."""
        admin = await api.administrator()
        for query in ("limit=1&limit=2", "cursor=a&cursor=b"):
            answer = await api.call("GET", f"/admin/users?{query}", headers=admin)
            assert answer.status_code == 400, query
