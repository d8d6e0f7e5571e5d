"""ID: names and addresses, on both databases."""

import pytest

from tests.support.api import PASSWORD, Answer, Api

pytestmark = pytest.mark.anyio

# ID-02: whatever turns into `@`, `.`, `/`, `\\` or a line end when it is normalized.
HOMOGLYPHS = [
    *("a\uff20example.com", "a\ufe6bexample.com", "a@example\u3002com", "a@example\uff0ecom"),
    *("a@example\uff61com", "a@ex\u2100mple.com", "a@example.com\uff0f", "a@example.com\uff3c"),
    *("a\uff20b@example.com", "a@b@example.com", "a@example.com\u2028", "a@example.com\u0085"),
]


async def register(api: Api, **body: str) -> Answer:
    return await api.call("POST", "/users", json={"password": PASSWORD, **body})


class TestAddress:
    @pytest.mark.parametrize("address", HOMOGLYPHS)
    async def test_id_02_has_one_at_sign_that_is_one(self, stored_api: Api, address: str) -> None:
        """ID-02, P61."""
        answer = await register(stored_api, email=address)

        assert answer.status_code in {201, 422}
        if answer.status_code == 201:  # normalized into an ordinary one, and so the only one
            assert answer.json()["email"].isascii()

    @pytest.mark.parametrize(
        "address", [it for it in HOMOGLYPHS if "\uff20" in it or "\ufe6b" in it]
    )
    async def test_id_02_is_refused_with_a_foreign_at_sign(
        self, stored_api: Api, address: str
    ) -> None:
        """ID-02."""
        assert (await register(stored_api, email=address)).status_code == 422

    @pytest.mark.parametrize(
        "address",
        [
            *(
                "a\u202eb@example.com",
                "a\u200fb@example.com",
                "a@example.com\r\nBcc: b@example.com",
            ),
            *("a\x00@example.com", "a\x7f@example.com", "a\u2066@example.com", "", "@", "a@"),
            "@b.c",
        ],
    )
    async def test_id_04_holds_no_controls(self, stored_api: Api, address: str) -> None:
        """ID-04, RC-17."""
        answer = await register(stored_api, email=address)

        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("alice@example.com", "ALICE@EXAMPLE.COM"),
            ("j\u00fcrgen@example.com", "ju\u0308rgen@example.com"),
            ("a@b\u00fccher.example", "a@xn--bcher-kva.example"),
            ("\u03c3@example.com", "\u03a3@example.com"),
        ],
    )
    async def test_id_01_is_one_in_all_its_spellings(
        self, stored_api: Api, first: str, second: str
    ) -> None:
        """ID-01, ID-05, P62: alike on both databases."""
        created = await register(stored_api, email=first)
        again = await register(stored_api, email=second)

        assert created.status_code == 201
        assert (again.status_code, again.json()["code"]) == (409, "email_taken")
        assert (await stored_api.sign_in(second))["Authorization"]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("mike@example.org", "mi\u212ae@example.org"),
            ("mix@example.org", "m\u0131x@example.org"),
        ],
    )
    async def test_id_01_of_one_person_is_not_somebody_elses(
        self, stored_api: Api, first: str, second: str
    ) -> None:
        """ID-01, ID-03: what only looks alike opens no door."""
        await register(stored_api, email=first, username="mike")
        other = await register(stored_api, email=second, password="somebody else's words")

        body = {"login": second, "password": "somebody else's words"}
        signed_in = await stored_api.call("POST", "/sessions", json=body)

        assert other.status_code in {201, 409, 422}
        if other.status_code == 201:
            token = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
            assert (await stored_api.me(token)).json()["id"] == other.json()["id"]
        else:
            assert signed_in.status_code == 401

    async def test_id_07_is_not_folded(self, stored_api: Api) -> None:
        """ID-07: no dots, no plus."""
        ids = [
            (await register(stored_api, email=email)).json()["id"]
            for email in ("ab@example.com", "a.b@example.com", "ab+x@example.com")
        ]

        assert len(set(ids)) == 3

    async def test_is_shown_as_typed(self, stored_api: Api) -> None:
        assert (await register(stored_api, email="Al@Ex.example")).json()[
            "email"
        ] == "Al@Ex.example"


class TestUsername:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("alice", "ALICE"),
            ("alice", "\uff21lice"),
            ("j\u00fcrgen", "ju\u0308rgen"),
            ("paypal", "p\u0430ypal"),
            ("rn0dern", "m0dern"),
        ],
    )
    async def test_id_06_is_one_in_all_its_spellings(
        self, stored_api: Api, first: str, second: str
    ) -> None:
        """ID-06: case, width, composition and looks."""
        assert (await register(stored_api, username=first)).status_code == 201
        assert (await register(stored_api, username=second)).status_code in {409, 422}

    @pytest.mark.parametrize(
        "name",
        [
            "admin",
            "Root",
            "me",
            "\u0430dmin",
            "a@b.example",
            "",
            " ",
            "a b",
            "a\u200db",
            "x" * 65,
            "\u202ea",
        ],
    )
    async def test_id_06_is_one_that_cannot_be_taken_for_another(
        self, stored_api: Api, name: str
    ) -> None:
        """ID-06."""
        answer = await register(stored_api, username=name)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_username")

    @pytest.mark.parametrize(
        "name", ["%", "_", "a%", "' OR 1=1 --", "{{7*7}}", "${x}", "%s%n", "*"]
    )
    async def test_in_12_is_data_and_nothing_else(self, stored_api: Api, name: str) -> None:
        """IN-12, ID-09: wildcards, templates and quotes are themselves or refused."""
        await stored_api.register("alice")
        body = {"login": name, "password": PASSWORD}

        assert (await stored_api.call("POST", "/sessions", json=body)).status_code == 401
        assert (await register(stored_api, username=name)).status_code in {201, 422}
