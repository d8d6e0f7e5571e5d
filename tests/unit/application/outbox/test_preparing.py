"""RC-01, RC-08, EN-03, ID-03: which mail a message becomes, and what it carries."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from hexkey.adapters.useragent.device_names import ParsedDeviceNames
from hexkey.application.accounts.mail_requests import RequestKind, request_message
from hexkey.application.accounts.pending import registration_content
from hexkey.application.outbox.letters import LETTERS
from hexkey.application.outbox.preparing import PrepareMail, span
from hexkey.application.ports.mail import Letter, LetterWriter, Mail, WrittenLetter
from hexkey.domain.accounts.one_time_token import (
    LIFETIMES,
    OneTimeToken,
    PendingRegistration,
    Purpose,
)
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import MessageId, TokenId
from hexkey.domain.outbox import Message
from tests.support.builders import BCRYPT_HASH, a_user, a_username, an_email, an_id
from tests.support.doubles import START
from tests.support.mails import code_in, links_in, token_in
from tests.support.workers import PAGES, Worker, a_message

pytestmark = pytest.mark.anyio

ZOE = "Zoe@Example.com"
FLOW_DIGEST = "f" * 64


def zoe(**facts: Any) -> User:
    return a_user(username="zoe", email=ZOE, **facts)


def a_request(
    kind: RequestKind,
    *,
    address: str = ZOE.lower(),
    content: Mapping[str, str] | None = None,
    later: timedelta = timedelta(0),
) -> Message:
    return request_message(
        kind,
        id=MessageId(an_id()),
        address=an_email(address),
        content={"flow_digest": FLOW_DIGEST, **(content or {})},
        now=START + later,
    )


def a_registration() -> Message:
    pending = PendingRegistration(
        username=a_username("mallory"), profile=Profile(full_name="Mallory"), password=BCRYPT_HASH
    )
    return a_request(RequestKind.REGISTRATION, content=registration_content(pending))


def requests() -> list[Message]:
    return [
        a_registration(),
        a_request(RequestKind.PASSWORD_RESET),
        a_request(RequestKind.VERIFICATION),
    ]


async def prepared(worker: Worker, message: Message) -> Mail | None:
    now = worker.clock.now()
    decided = await worker.prepare([message], now=now)
    return worker.prepare.write(message, decided[message.id], now=now) if decided else None


async def written(worker: Worker, message: Message) -> Mail:
    mail = await prepared(worker, message)
    assert mail is not None
    return mail


async def token_of(worker: Worker, mail: Mail) -> OneTimeToken | None:
    digest = worker.one_time_secrets.digest(token_in(mail))
    assert digest is not None
    async with worker.boxes.store.begin() as transaction:
        return await transaction.one_time_tokens.find(digest)


class TestMail:
    async def test_ra_09_is_the_same_each_time(self, worker: Worker) -> None:
        await worker.keep(zoe())
        message = a_request(RequestKind.PASSWORD_RESET)

        assert await written(worker, message) == await written(worker, message)

    async def test_has_an_id_that_follows_from_the_message_and_the_configured_host(
        self, worker: Worker
    ) -> None:
        await worker.keep(zoe())
        message = a_request(RequestKind.PASSWORD_RESET)

        mail = await written(worker, message)

        assert mail.message_id == f"<{message.id}@auth.example>"
        assert mail.date == message.created_at

    async def test_rc_08_leads_to_the_configured_url_only(self, worker: Worker) -> None:
        """There is nothing else that a link could be made of."""
        await worker.keep(zoe())
        message = replace(
            a_request(RequestKind.VERIFICATION),
            content={"flow_digest": FLOW_DIGEST, "link": "https://evil.example/", "host": "evil"},
        )

        links = links_in(await written(worker, message))

        assert [urlsplit(link).path for link in links] == [
            "/root/account/verify-email",
            "/root/account/disown-email",
        ]
        assert all(link.startswith(f"{PAGES}/") for link in links)

    async def test_id_03_goes_to_the_stored_address(self, worker: Worker) -> None:
        await worker.keep(zoe())

        mail = await written(
            worker, a_request(RequestKind.PASSWORD_RESET, address="zoe@example.com")
        )

        assert mail.to == ZOE

    async def test_speaks_the_language_of_its_reader(self, worker: Worker) -> None:
        await worker.keep(zoe(language="de"))

        mail = await written(worker, a_request(RequestKind.PASSWORD_RESET))

        assert "30 Minuten" in mail.text

    @pytest.mark.parametrize("flow", [FLOW_DIGEST, None])
    async def test_rc_14_shows_a_code_only_if_there_is_a_flow_to_show_with_it(
        self, worker: Worker, flow: str | None
    ) -> None:
        await worker.keep(zoe())
        message = a_request(RequestKind.PASSWORD_RESET)
        if flow is None:
            message = replace(message, content={})

        mail = await written(worker, message)

        code = worker.one_time_secrets.code(TokenId(message.id))
        assert (code in mail.text) is (flow is not None)


class TestToken:
    @pytest.mark.parametrize("index", range(3))
    async def test_rc_01_is_kept_as_a_digest_and_only_just_before_the_mail(
        self, worker: Worker, index: int
    ) -> None:
        message = requests()[index]
        if message.kind != RequestKind.REGISTRATION:
            await worker.keep(zoe())
        await worker.queue(message)
        mail = await written(worker, message)

        token = await token_of(worker, mail)

        assert token is not None
        assert token.id == TokenId(message.id)
        assert token.expires_at == message.created_at + LIFETIMES[token.purpose]
        assert token_in(mail) not in repr(token) + token.digest
        assert len(token_in(mail)) >= 7 + 43  # 256 bits
        assert worker.one_time_secrets.is_code(token.id, code_in(mail))

    async def test_rc_02_of_a_newer_mail_voids_that_of_an_older(self, worker: Worker) -> None:
        await worker.keep(zoe())
        older = await written(worker, a_request(RequestKind.PASSWORD_RESET))
        worker.clock.advance(seconds=1)

        newer = await written(
            worker, a_request(RequestKind.PASSWORD_RESET, later=timedelta(seconds=1))
        )

        assert await token_of(worker, older) is None
        assert await token_of(worker, newer) is not None

    async def test_rc_02_that_is_void_is_not_sent(self, worker: Worker) -> None:
        """The older mail was delayed, and somebody has asked again since."""
        await worker.keep(zoe())
        older = a_request(RequestKind.PASSWORD_RESET)
        newer = a_request(RequestKind.PASSWORD_RESET, later=timedelta(seconds=1))
        worker.clock.advance(seconds=1)
        await written(worker, newer)

        assert await prepared(worker, older) is None

    async def test_rc_02_that_is_void_is_not_sent_either_if_both_are_sent_together(
        self, worker: Worker
    ) -> None:
        await worker.keep(zoe())
        older = a_request(RequestKind.PASSWORD_RESET)
        newer = a_request(RequestKind.PASSWORD_RESET, later=timedelta(seconds=1))
        worker.clock.advance(seconds=1)

        decided = await worker.prepare([older, newer], now=worker.clock.now())

        assert decided.keys() == {newer.id}

    async def test_rc_02_that_was_used_is_not_sent_again(self, worker: Worker) -> None:
        await worker.keep(zoe())
        message = a_request(RequestKind.PASSWORD_RESET)
        token = await token_of(worker, await written(worker, message))
        assert token is not None
        async with worker.boxes.store.begin() as transaction:
            used = token.used(now=worker.clock.now())
            assert await transaction.one_time_tokens.replace(token, used)
            await transaction.commit()

        assert await prepared(worker, message) is None
        async with worker.boxes.store.begin() as transaction:
            assert await transaction.one_time_tokens.find(token.digest) == used

    async def test_en_05_is_put_for_an_unknown_address_too(self, worker: Worker) -> None:
        """Its code can be tried, and costs as much time; nobody is mailed."""
        message = a_request(RequestKind.PASSWORD_RESET, address="nobody@example.com")

        assert await prepared(worker, message) is None

        async with worker.boxes.store.begin() as transaction:
            token = await transaction.one_time_tokens.find_for(
                Purpose.RESET_PASSWORD, "nobody@example.com"
            )
        assert token is not None
        assert token.user is None


class TestReader:
    @pytest.mark.parametrize(
        "change",
        [
            lambda user: user.disabled(now=START),
            lambda user: replace(user, email=an_email("other@example.com")),
            None,
        ],
        ids=["disabled", "moved", "erased"],
    )
    @pytest.mark.parametrize("kind", [RequestKind.PASSWORD_RESET, RequestKind.VERIFICATION])
    async def test_that_is_not_there_any_more_gets_nothing(
        self, worker: Worker, kind: RequestKind, change: object
    ) -> None:
        message = a_request(kind)
        if callable(change):
            await worker.keep(change(zoe()))

        assert await prepared(worker, message) is None

    async def test_of_news_must_exist(self, worker: Worker) -> None:
        assert await prepared(worker, a_message(user=zoe())) is None

    async def test_en_04_of_a_taken_address_is_its_owner(self, worker: Worker) -> None:
        await worker.keep(zoe())

        mail = await written(worker, a_registration())

        assert mail.to == ZOE
        assert "hxk_ot_" not in mail.text + mail.html
        assert "mallory" not in mail.text.casefold()  # whoever registers may call themselves so


class _Recording(LetterWriter):
    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def write(self, letter: Letter) -> WrittenLetter:
        self.letters.append(letter)
        return WrittenLetter("subject", "text", "html")

    def language_for(self, wanted: str) -> str | None:
        return None


class TestLetter:
    @pytest.mark.parametrize("kind", sorted(LETTERS))
    async def test_is_given_exactly_what_its_words_may_name(
        self, worker: Worker, kind: str
    ) -> None:
        letters = _Recording()
        prepare = PrepareMail(
            store=worker.boxes.store,
            secrets=worker.one_time_secrets,
            letters=letters,
            devices=ParsedDeviceNames(),
            pages=PAGES,
        )
        user = zoe(email_verified=kind != "verify_email", erase_at=START + timedelta(days=9))
        if kind not in ("finish_registration", "invitation", "account_erased"):
            await worker.keep(user, _OTHER)

        message = _becoming(kind, user)
        decided = await prepare([message], now=START)
        prepare.write(message, decided[message.id], now=START)

        [letter] = letters.letters
        assert letter.kind == kind
        assert letter.values.keys() == LETTERS[kind].values - {"service_name"}
        assert [name for name, value in letter.values.items() if not value] in (
            [],
            ["user_name"],  # an invited person has none
        )

    def test_lg_03_does_not_show_its_values(self) -> None:
        assert "canary" not in repr(Letter(kind="x", language=None, values={"link": "canary"}))


def _becoming(kind: str, user: User) -> Message:
    """A message that becomes a letter of this kind."""
    details = {
        "device": "Firefox on Linux",
        "network": "192.0.2.0",
        "new_address": "zoe@new.example",
        "erase_date": "2026-01-10",
        "user_name": "zoe",
        "roles": "admin editor",
    }
    asked_by = {"asking": user.id, "credential_version": "1"}
    requests: dict[str, Callable[[], Message]] = {
        "verify_email": lambda: a_request(RequestKind.VERIFICATION),
        "finish_registration": a_registration,
        "registration_taken": a_registration,
        "reset_password": lambda: a_request(RequestKind.PASSWORD_RESET),
        "change_email": lambda: a_request(
            RequestKind.EMAIL_CHANGE, address="zoe@new.example", content=asked_by
        ),
        "address_in_use": lambda: a_request(
            RequestKind.EMAIL_CHANGE, content={**asked_by, "asking": _OTHER.id}
        ),
    }
    if kind in requests:
        return requests[kind]()
    about = None if kind in ("invitation", "account_erased") else user
    return a_message(kind, to=ZOE, user=about, content=details)


_OTHER = a_user(username="other")


class TestSpan:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (1, "1 minute"),
            (89, "1 minute"),
            (1799.5, "30 minutes"),
            (1800, "30 minutes"),
            (7200, "120 minutes"),
            (3 * 3600, "3 hours"),
            (86_399, "24 hours"),
            (86_400, "24 hours"),
            (7 * 86_400 - 5, "7 days"),
            (30 * 86_400, "30 days"),
        ],
    )
    def test_is_told_as_people_do(self, seconds: float, words: str) -> None:
        assert span(timedelta(seconds=seconds)) == words
