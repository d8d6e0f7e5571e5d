"""SE-04, SE-08, SE-11: the rules of a session, at their very instants."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import RefreshChain
from hexkey.domain.sessions.session import (
    FRESH_FOR,
    MAX_ADDRESS_LENGTH,
    MAX_USER_AGENT_LENGTH,
    SEEN_EVERY,
    Client,
    Session,
    SessionPolicy,
    is_recent,
)
from tests.support.builders import an_id
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)
MOMENT = timedelta(milliseconds=1)
POLICY = SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30))


def opened(policy: SessionPolicy = POLICY) -> Session:
    return Session.opened(id=SessionId(an_id()), user=UserId(an_id()), policy=policy, now=START)


def is_fresh(session: Session, *, now: datetime) -> bool:
    """Whether its owner may do what is sensitive."""
    return is_recent(session.authenticated_at, now=now, within=FRESH_FOR)


class TestSession:
    def test_se_04_is_live_until_it_was_idle_for_too_long_and_not_then(self) -> None:
        session = opened()

        assert session.is_live(now=START)
        assert session.is_live(now=START + POLICY.idle - MOMENT)
        assert not session.is_live(now=START + POLICY.idle)

    def test_se_04_slides_with_its_use(self) -> None:
        session = opened().seen(policy=POLICY, now=LATER)

        assert session.is_live(now=LATER + POLICY.idle - MOMENT)
        assert not session.is_live(now=LATER + POLICY.idle)

    @pytest.mark.parametrize("days", [17, 29])
    def test_se_04_never_slides_past_its_end(self, days: int) -> None:
        session = opened().seen(policy=POLICY, now=START + timedelta(days=days))

        assert session.is_live(now=START + POLICY.absolute - MOMENT)
        assert not session.is_live(now=START + POLICY.absolute)

    def test_se_04_has_no_longer_idle_time_than_life(self) -> None:
        session = opened(SessionPolicy(idle=timedelta(days=60), absolute=timedelta(days=30)))

        assert session.idle_until == session.expires_at == START + timedelta(days=30)

    def test_is_used_by_a_refresh(self) -> None:
        chain = RefreshChain(live=2, spent=(LATER,))

        session = opened().refreshed(chain, policy=POLICY, now=LATER)

        assert (session.refresh, session.last_seen_at) == (chain, LATER)
        assert session.idle_until == LATER + POLICY.idle
        assert session.authenticated_at == START

    def test_se_04_begins_with_all_its_time(self) -> None:
        session = opened()

        assert session == Session(
            id=session.id,
            user=session.user,
            client=Client(address=None, user_agent=None),
            scopes=frozenset(),
            created_at=START,
            authenticated_at=START,
            last_seen_at=START,
            idle_until=START + POLICY.idle,
            expires_at=START + POLICY.absolute,
            ended_at=None,
            refresh=RefreshChain(live=1, spent=()),
        )

    def test_se_11_is_due_to_be_seen_once_a_minute(self) -> None:
        assert not opened().is_due_to_be_seen(now=START + SEEN_EVERY - MOMENT)
        assert opened().is_due_to_be_seen(now=START + SEEN_EVERY)

    @pytest.mark.parametrize("idle", [60, 61, 90, 119])
    def test_se_04_with_a_short_idle_time_is_due_to_be_seen_in_its_middle(self, idle: int) -> None:
        """SE-04: whoever uses it all the time is seen before it ends."""
        session = opened(SessionPolicy(idle=timedelta(seconds=idle), absolute=POLICY.absolute))
        middle = START + timedelta(seconds=idle) / 2

        assert not session.is_due_to_be_seen(now=middle - MOMENT)
        assert session.is_due_to_be_seen(now=middle)

    def test_se_11_is_seen_no_more_often_when_its_end_is_near(self) -> None:
        near = opened().seen(policy=POLICY, now=START + POLICY.absolute - timedelta(seconds=90))

        assert not near.is_due_to_be_seen(now=near.last_seen_at + SEEN_EVERY - MOMENT)

    def test_se_08_is_fresh_for_five_minutes_and_not_at_their_end(self) -> None:
        session = opened()

        assert is_fresh(session, now=START + FRESH_FOR - MOMENT)
        assert not is_fresh(session, now=START + FRESH_FOR)
        assert is_fresh(session.reauthenticated(now=LATER), now=START + FRESH_FOR)

    @pytest.mark.parametrize(("back", "fresh"), [(FRESH_FOR - MOMENT, True), (FRESH_FOR, False)])
    def test_se_08_is_not_fresh_again_by_a_clock_that_is_set_back(
        self, back: timedelta, fresh: bool
    ) -> None:
        """SE-08: or a proof would hold for five minutes and as long as the step."""
        assert is_fresh(opened(), now=START - back) is fresh

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


class TestClient:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("Firefox\n\x00\x1b[31m", "Firefox[31m"),
            ("\ud800x\u202e", "x"),
            ("", None),
            ("\n", None),
            (None, None),
        ],
    )
    def test_keeps_what_can_be_stored_and_shown(self, sent: str | None, kept: str | None) -> None:
        assert Client.seen_at(None, sent).user_agent == kept

    def test_keeps_the_beginning_of_what_is_too_long(self) -> None:
        assert Client.seen_at(None, "x" * 9999).user_agent == "x" * MAX_USER_AGENT_LENGTH

    def test_keeps_no_part_of_an_address(self) -> None:
        longest = "x" * MAX_ADDRESS_LENGTH

        assert Client.seen_at(longest, None).address == longest
        assert Client.seen_at(longest + "x", None).address is None


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OTHERS = [None, "curl/8.5.0", FIREFOX.replace("Linux", "Windows"), FIREFOX.replace("Fire", "Ice")]


class TestDevice:
    def test_rc_07_is_known_by_its_words_and_not_by_its_numbers(self) -> None:
        known = [replace(opened(), client=Client(address="192.0.2.1", user_agent=FIREFOX))]
        updated = FIREFOX.replace("140.0", "141.0.3")

        assert not Client(address="198.51.100.1", user_agent=updated).is_new_to(known)

    @pytest.mark.parametrize("agent", OTHERS)
    def test_rc_07_is_new_when_its_words_are(self, agent: str | None) -> None:
        known = [replace(opened(), client=Client(address="192.0.2.1", user_agent=FIREFOX))]

        assert Client(address="192.0.2.1", user_agent=agent).is_new_to(known)

    def test_is_no_news_to_whoever_had_no_session(self) -> None:
        assert not Client(user_agent=FIREFOX).is_new_to([])
