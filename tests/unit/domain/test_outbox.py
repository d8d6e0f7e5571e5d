"""Messages: when they are tried again, and when not."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.outbox import JITTER, RETRY_AFTER, MessageState
from tests.support.builders import a_message
from tests.support.doubles import START

WAITS = [*RETRY_AFTER, RETRY_AFTER[-1], RETRY_AFTER[-1]]


class TestDelayedMessage:
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=len(WAITS)))
    def test_rf_14_waits_1_2_4_8_15_minutes_more_or_less_a_fifth(self, dice: list[float]) -> None:
        """RF-14: and at an instant that every store can keep."""
        now, message = START, a_message(expires_at=START + timedelta(days=1))
        for wait, throw in zip(WAITS, dice, strict=False):
            message = message.delayed("451", now=now, dice=throw)

            waits = message.due_at - now
            assert wait * (1 - JITTER) <= waits + timedelta(milliseconds=1)
            assert waits <= wait * (1 + JITTER)
            assert message.due_at.microsecond % 1000 == 0
            now = message.due_at

    @given(st.floats(0, 1))
    def test_rf_14_is_given_up_if_it_would_be_too_late(self, throw: float) -> None:
        """RF-14: nobody wants a link that has expired; an operator can read why."""
        message = a_message(expires_at=START + timedelta(seconds=40))

        failed = message.delayed("451 later", now=START, dice=throw)

        assert failed.state is MessageState.FAILED
        assert "451 later" in (failed.error or "")
