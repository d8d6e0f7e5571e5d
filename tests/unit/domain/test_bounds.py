"""Every bound of the domain is the one that was meant, written down a second time.

A bound that slips is no error anywhere else: code and tests would go on to agree about it. Whoever
moves one on purpose moves it here, too, and finds where it was promised.
"""

from datetime import timedelta

from hexkey.domain import access
from hexkey.domain.audit import chain, event
from hexkey.domain.authentication import alerts, credentials, request_limits, rules, throttle
from hexkey.domain.sessions import access_token, api_key, refresh_token, revocation_list, session

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

BOUNDS = [
    (access.MAX_ROLE_LENGTH, 64),
    (access.MAX_PERMISSION_LENGTH, 64),
    (access.MAX_SCOPES_LENGTH, 4096),
    (access.MOST_ROLES, 200),
    (access.MOST_PERMISSIONS, 200),
    (alerts.AGAIN_AFTER, 10 * MINUTE),
    (alerts.OUTBREAK, 200),
    (credentials.MAX_LOGIN_LENGTH, 320),
    (request_limits.WINDOW, MINUTE),
    (rules.MAX_IN_A_ROW, 100),
    (rules.FREE_FAILURES, 4),
    (rules.NETWORK_FAILURES, 100),
    (throttle.MAX_DELAY, 900 * SECOND),
    (throttle.MAX_COUNTER_KEY_LENGTH, 160),
    (access_token.ACCESS_TOKEN_LIFETIME, 15 * MINUTE),
    (access_token.CLOCK_SKEW, 30 * SECOND),
    (access_token.MAX_TOKEN_OCTETS, 8192),
    (api_key.MAX_KEY_NAME_LENGTH, 100),
    (api_key.MOST_KEYS, 50),
    (api_key.LONGEST_LIFE, 366 * DAY),
    (api_key.USED_EVERY, MINUTE),
    (refresh_token.REPEAT_GRACE, 10 * SECOND),
    (refresh_token.LOST_ANSWER_GRACE, 5 * MINUTE),
    (refresh_token.REMEMBERED, 16),
    (revocation_list.MOST_LISTED, 10_000),
    (revocation_list.STATEMENT_LIFETIME, 10 * MINUTE),
    (session.FRESH_FOR, 5 * MINUTE),
    (session.SEEN_EVERY, MINUTE),
    (session.MAX_USER_AGENT_LENGTH, 512),
    (session.MAX_ADDRESS_LENGTH, 45),
    (chain.DIGEST_LENGTH, 64),
    (chain.START, "0" * 64),
    (event.MAX_ACTOR_LENGTH, 64),
    (event.MAX_AUDITED_SUBJECT_LENGTH, 64),
    (event.MAX_AUDITED_CLIENT_LENGTH, 512),
    (event.MAX_AUDITED_ADDRESS_LENGTH, 64),
    (event.MAX_REQUEST_ID_LENGTH, 64),
    (event.MAX_REASON_LENGTH, 64),
    (event.MAX_TYPE_LENGTH, 64),
    (event.MAX_AUDITED_DETAILS_LENGTH, 4096),
    (event.MAX_EXPLANATION_LENGTH, 8192),
]


class TestBounds:
    def test_su_03_are_those_that_were_meant(self) -> None:
        assert [bound for bound, _ in BOUNDS] == [meant for _, meant in BOUNDS]

    def test_se_11_a_user_has_so_many_sessions_by_default(self) -> None:
        assert session.SessionPolicy(idle=DAY, absolute=DAY).most == 100
