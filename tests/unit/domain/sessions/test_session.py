from datetime import timedelta

from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import SESSION_LIFETIME, Session
from tests.support.builders import an_id
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)
MOMENT = timedelta(milliseconds=1)


def opened() -> Session:
    return Session.opened(id=SessionId(an_id()), user=UserId(an_id()), now=START)


class TestSession:
    def test_is_live_until_its_end_and_not_at_it(self) -> None:
        session = opened()

        assert session.is_live(now=START)
        assert session.is_live(now=START + SESSION_LIFETIME - MOMENT)
        assert not session.is_live(now=START + SESSION_LIFETIME)

    def test_is_over_from_the_instant_it_is_ended(self) -> None:
        ended = opened().ended(now=LATER)

        assert not ended.is_live(now=LATER)
        assert ended.ended_at == LATER

    def test_stays_over_when_the_clock_is_set_back(self) -> None:
        """TK-05: what is over is over."""
        assert not opened().ended(now=LATER).is_live(now=START)

    def test_ends_only_once(self) -> None:
        ended = opened().ended(now=LATER)

        assert ended.ended(now=LATER + MOMENT) is ended
