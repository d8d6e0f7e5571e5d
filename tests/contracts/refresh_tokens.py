"""What every `RefreshTokens` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.refresh_tokens import RefreshTokens
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected

ONE = SessionId("00000000-0000-7000-8000-000000000001")
OTHER = SessionId("ffffffff-ffff-7fff-bfff-ffffffffffff")
MOST = 2**32 - 1  # rotations; no session lives for so many


class RefreshTokensContract(ABC):
    """Subclass as `TestXxx`; provide `tokens`, and a foreign `stranger`."""

    @abstractmethod
    def tokens(self) -> RefreshTokens: ...

    @abstractmethod
    def stranger(self) -> RefreshTokens: ...

    @pytest.mark.parametrize("session", [ONE, OTHER])
    @pytest.mark.parametrize("number", [1, 2, 255, 256, MOST])
    def test_reads_what_was_written(
        self, tokens: RefreshTokens, session: SessionId, number: int
    ) -> None:
        assert tokens.read(tokens.write(session, number)) == (session, number)

    def test_writes_the_same_token_again(self, tokens: RefreshTokens) -> None:
        """D9: the answer to a repeat is what was lost."""
        assert tokens.write(ONE, 7) == tokens.write(ONE, 7)

    def test_writes_another_token_for_each_session_and_number(self, tokens: RefreshTokens) -> None:
        written = {tokens.write(session, number) for session in (ONE, OTHER) for number in (1, 2)}

        assert len(written) == 4

    def test_tk_01_writes_more_than_256_bits_that_a_scanner_recognizes(
        self, tokens: RefreshTokens
    ) -> None:
        token = tokens.write(ONE, 1)

        assert token.startswith("hxk_rt_")
        assert len(token) - len("hxk_rt_") >= 43  # characters of base64url hold 256 bits

    def test_does_not_read_what_others_wrote(
        self, tokens: RefreshTokens, stranger: RefreshTokens
    ) -> None:
        with pytest.raises(RefreshTokenRejected):
            tokens.read(stranger.write(ONE, 1))

    @pytest.mark.parametrize(
        "junk",
        ["", "hxk_rt_", "hxk_rt_" + "A" * 76, "\0", "\ud800", "é" * 83, "hxk_rt_" + "é" * 76],
    )
    def test_refuses_junk(self, tokens: RefreshTokens, junk: str) -> None:
        with pytest.raises(RefreshTokenRejected):
            tokens.read(junk)

    def test_refuses_what_only_resembles_a_token(self, tokens: RefreshTokens) -> None:
        good = tokens.write(ONE, 1)
        for changed in (
            *(good + tail for tail in ("=", "A", "\n", " ", good)),
            *(" " + good, good[:-1], good[1:], good.upper(), good.lower(), good.swapcase()),
            good.removeprefix("hxk_rt_"),
            good.replace("hxk_rt_", "hxk_at_"),
        ):
            with pytest.raises(RefreshTokenRejected):
                tokens.read(changed)
