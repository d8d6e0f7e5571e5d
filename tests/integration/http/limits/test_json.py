"""JSON that is not what it seems, or not the same to every reader."""

import json
from typing import Any

import pytest

from tests.support.api import PASSWORD, Answer, Api

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
ACCOUNT = {"username": "alice", "password": PASSWORD}
MARK = "qzxmark"


async def post(api: Api, body: bytes, path: str = "/users") -> Answer:
    return await api.call("POST", path, content=body, headers=JSON)


def nested(depth: int, kind: str = "[]") -> bytes:
    inside = '"qzxmark"' if kind == "[]" else '"a":1'
    opening = "[" if kind == "[]" else '{"a":'
    closing = kind[1]
    if kind == "{}":
        return (opening * (depth - 1) + "{" + inside + "}" + closing * (depth - 1)).encode()
    return (opening * depth + inside + closing * depth).encode()


class TestMalformedJson:
    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b" ", b"{", b"}", b"{]", b"[}", b'{"a"}', b"{'a':1}", b'{"a":1,}', b"nul"),
            *(b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":1}x', b"{}{}", b"//x\n{}", b"\0"),
            *(b'{"a":"\n"}', b'{"a":"\\u12"}', b"undefined", b"-", b"1e", b'"', b'{"a":\xff}'),
            b'"\\x41"',
        ],
    )
    async def test_is_a_bad_request(self, api: Api, body: bytes) -> None:
        answer = await post(api, body)

        assert answer.status_code == 400
        assert answer.json()["code"] == "malformed_request"

    @pytest.mark.parametrize("depth", [33, 900, 10**4, 20_000])
    @pytest.mark.parametrize("kind", ["[]", "{}"])
    async def test_in_04_is_nested_too_deep(self, api: Api, depth: int, kind: str) -> None:
        """IN-04, X4: and it is not echoed."""
        body = nested(depth, kind)
        answer = await post(api, body if len(body) <= 65536 else body[:65536])

        assert answer.status_code == 400
        assert MARK not in answer.text
        assert len(answer.content) < 400

    @pytest.mark.parametrize("depth", [10**5, 10**6])
    async def test_in_04_is_too_large_before_it_is_too_deep(self, api: Api, depth: int) -> None:
        """IN-04."""
        assert (await post(api, nested(depth))).status_code == 413

    @pytest.mark.parametrize("kind", ["[]", "{}"])
    async def test_in_04_of_32_levels_is_none(self, api: Api, kind: str) -> None:
        """IN-04: it is only not what the endpoint takes."""
        assert (await post(api, nested(32, kind))).status_code == 422

    @pytest.mark.parametrize(
        "body",
        [
            b'{"username":"alice","password":"x","password":"a long walk in the rain"}',
            b'{"username":"alice","username":"alice","password":"a long walk in the rain"}',
            b'{"a":{"b":1,"b":1}}',
            b'[[{"a":1,"\\u0061":2}]]',
        ],
    )
    async def test_in_05_names_something_twice(self, api: Api, body: bytes) -> None:
        """IN-05, X5."""
        answer = await post(api, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")

    @pytest.mark.parametrize(
        "number",
        ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5000, "1e400", "nan", "0x1"],
    )
    async def test_in_06_holds_what_is_no_number(self, api: Api, number: str) -> None:
        """IN-06, X3."""
        body = f'{{"username":{number},"password":"{PASSWORD}"}}'.encode()

        assert (await post(api, body)).status_code == 400

    @pytest.mark.parametrize(
        "text", [r'{"username":"\ud800"}', r'{"\udfff":1}', r'["\udc00\ud800"]', r'"\uD83D"']
    )
    async def test_in_07_holds_half_a_character(self, api: Api, text: str) -> None:
        """IN-07, X2."""
        assert (await post(api, text.encode())).status_code == 400

    async def test_in_07_holds_no_whole_one(self, api: Api) -> None:
        """IN-07: a pair is a character."""
        body = rb'{"username":"alice","password":"\ud83d\ude00 a long walk"}'

        assert (await post(api, body)).status_code == 201

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
    async def test_in_11_is_not_in_utf_8(self, api: Api, encoding: str) -> None:
        """IN-11, X5."""
        text = json.dumps({"username": "älice", "password": PASSWORD}, ensure_ascii=False)

        assert (await post(api, text.encode(encoding))).status_code == 400

    @pytest.mark.parametrize(
        "octets", [b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xe4", b"\xc1\xbf"]
    )
    async def test_in_11_is_not_well_formed_utf_8(self, api: Api, octets: bytes) -> None:
        """IN-11, X5: overlong forms, surrogates, and what lies beyond Unicode."""
        body = b'{"username":"' + octets + b'","password":"a long walk in the rain"}'

        assert (await post(api, body)).status_code == 400


class TestControlCharacters:
    @pytest.mark.parametrize("code", [0, 1, 8, 10, 13, 27, 31, 127, 0x85, 0x9F])
    @pytest.mark.parametrize("field", ["username", "email", "password", "full_name"])
    async def test_in_08_are_refused_alike_on_both_databases(
        self, stored_api: Api, field: str, code: int
    ) -> None:
        """IN-08, ID-04, X5, X15."""
        value = {"email": "al@example.com", "password": PASSWORD}.get(field, "alice")
        body = {**ACCOUNT, field: f"{value[:2]}{chr(code)}{value[2:]}"}

        answer = await stored_api.call("POST", "/users", json=body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", field]

    @pytest.mark.parametrize("code", [0, 10, 27])
    async def test_in_08_are_refused_in_a_profile(self, stored_api: Api, code: int) -> None:
        caller = await stored_api.somebody()
        for field in ("username", "full_name", "picture"):
            change = {field: f"https://x.example/{chr(code)}"}
            answer = await stored_api.call("PATCH", "/users/me", json=change, headers=caller)
            assert answer.status_code == 422, field


class TestTypes:
    @pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["alice"], {"$ne": ""}, 2**31, 10**25])
    @pytest.mark.parametrize("field", ["username", "email", "password", "full_name"])
    async def test_in_09_are_strict(self, api: Api, field: str, value: Any) -> None:
        """IN-09, X7."""
        answer = await api.call("POST", "/users", json={**ACCOUNT, field: value})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"][:2] == ["body", field]

    @pytest.mark.parametrize("body", [[], "x", 1, None, True, [ACCOUNT], {"body": ACCOUNT}])
    async def test_in_09_of_the_whole_body_too(self, api: Api, body: Any) -> None:
        assert (await post(api, json.dumps(body).encode())).status_code == 422

    @pytest.mark.parametrize(
        "limit",
        ["0", "-1", "101", "1.0", "true", "", "x", str(2**31), str(2**63), str(10**25), "1e1"],
    )
    async def test_in_09_of_a_limit_too(self, stored_api: Api, limit: str) -> None:
        """IN-09, X7, AZ-10."""
        admin = await stored_api.administrator()

        answer = await stored_api.call("GET", f"/admin/users?limit={limit}", headers=admin)

        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize(
        "id", ["9" * 25, "-1", "0", "1.5", "%00", "a%00b", "' OR 1=1", "x" * 9000]
    )
    async def test_in_09_of_an_id_too(self, stored_api: Api, id: str) -> None:
        """IN-09, IN-12, X7."""
        assert (await stored_api.call("GET", f"/users/{id}")).status_code == 404


class TestLengths:
    @pytest.mark.parametrize(
        ("field", "most"), [("username", 64), ("full_name", 200), ("password", 256)]
    )
    async def test_in_10_are_limited(self, stored_api: Api, field: str, most: int) -> None:
        """IN-10, X15: at the limit and beyond, on both databases."""
        text = "abcdefghij klmnopqrstuvwxyz0123456789" if field != "username" else "abcdefg9"
        fits = (text * 20)[:most]

        refused = await stored_api.call("POST", "/users", json={**ACCOUNT, field: fits + "z"})
        taken = await stored_api.call("POST", "/users", json={**ACCOUNT, field: fits})

        assert refused.status_code == 422
        assert taken.status_code == 201, taken.text

    @pytest.mark.parametrize(
        ("email", "status"),
        [
            (f"{'a' * 64}@example.com", 201),
            (f"{'a' * 65}@example.com", 422),
            (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com", 201),
            (f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 60}.com", 422),
        ],
    )
    async def test_id_04_of_addresses_are_those_of_mail(
        self, stored_api: Api, email: str, status: int
    ) -> None:
        """ID-04, IN-10."""
        body = {"email": email, "password": PASSWORD}

        assert (await stored_api.call("POST", "/users", json=body)).status_code == status
