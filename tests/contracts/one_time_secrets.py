"""What every `OneTimeSecrets` promises."""

import base64
from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.identifiers import MessageId, TokenId
from tests.support.builders import an_id

IDS = [MessageId(an_id()) for _ in range(200)]
JUNK = ["", " ", "hxk_ot_", "hxk_ot_" + "A" * 48, "\ud800", "é" * 55, "\0" * 43, "A" * 10**6]


class OneTimeSecretsContract(ABC):
    """Subclass as `TestXxx` and provide the fixtures; `stranger` has another key."""

    @abstractmethod
    def secrets(self) -> OneTimeSecrets: ...

    @abstractmethod
    def stranger(self) -> OneTimeSecrets: ...

    def test_rc_01_links_hold_256_bits_and_differ(
        self, secrets: OneTimeSecrets, stranger: OneTimeSecrets
    ) -> None:
        """RC-01, RC-03: for each id, for each purpose, under each key."""
        links = [
            it.link(each, purpose)
            for it in (secrets, stranger)
            for each in IDS
            for purpose in Purpose
        ]

        assert len(set(links)) == 2 * len(IDS) * len(Purpose)
        for link in links:
            assert link.startswith("hxk_ot_")
            assert len(base64.urlsafe_b64decode(link.removeprefix("hxk_ot_"))) >= 32

    def test_the_same_message_has_the_same_secrets(self, secrets: OneTimeSecrets) -> None:
        for each in IDS[:10]:
            assert secrets.link(each, Purpose.INVITE) == secrets.link(each, Purpose.INVITE)
            assert secrets.code(TokenId(each)) == secrets.code(TokenId(each))

    def test_rc_01_what_is_stored_is_not_what_is_mailed(self, secrets: OneTimeSecrets) -> None:
        links = [secrets.link(each, Purpose.RESET_PASSWORD) for each in IDS]
        digests = [secrets.digest(link) for link in links]

        assert len(set(digests)) == len(IDS)
        for link, digest in zip(links, digests, strict=True):
            assert digest is not None
            assert link.removeprefix("hxk_ot_") not in digest
            assert secrets.digest(digest) != digest

    def test_a_changed_link_is_no_secret_at_all(self, secrets: OneTimeSecrets) -> None:
        link = secrets.link(IDS[0], Purpose.RESET_PASSWORD)
        for place in range(len("hxk_ot_"), len(link)):
            other = "A" if link[place] != "A" else "B"
            assert secrets.digest(link[:place] + other + link[place + 1 :]) is None
        for cut in (link[:-1], link + "A", link + "=", link[:-4], link + "\n"):
            assert secrets.digest(cut) is None

    @pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
    def test_junk_is_neither(self, secrets: OneTimeSecrets, junk: str) -> None:
        assert secrets.digest(junk) is None
        assert not secrets.is_code(TokenId(IDS[0]), junk)

    def test_a_flow_has_a_digest(self, secrets: OneTimeSecrets) -> None:
        flow = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")

        assert secrets.digest(flow) not in (None, flow)

    def test_rc_14_codes_are_six_digits_and_of_one_token(self, secrets: OneTimeSecrets) -> None:
        codes = [secrets.code(TokenId(each)) for each in IDS]

        assert all(len(it) == 6 and it.isascii() and it.isdigit() for it in codes)
        assert len(set(codes)) > len(IDS) * 0.95
        fits = [
            secrets.is_code(TokenId(each), code) == (secrets.code(TokenId(each)) == code)
            for each in IDS[:20]
            for code in codes[:20]
        ]
        assert all(fits)

    def test_a_stranger_knows_no_code(
        self, secrets: OneTimeSecrets, stranger: OneTimeSecrets
    ) -> None:
        same = [
            each for each in IDS if secrets.is_code(TokenId(each), stranger.code(TokenId(each)))
        ]

        assert len(same) <= 1
