"""Every bound of the use cases is the one that was meant, written down a second time.

How long a lock is held, what is kept in memory, and how soon news arrive follow from these; a slip
is no error anywhere else, because code and tests would go on to agree about it.
"""

from datetime import timedelta

from hexkey.application.audit import context, refusals, retention, sealing, searching, verifying
from hexkey.application.authentication import live_schemes, reliefs, turns, watching
from hexkey.application.sessions import (
    api_keys,
    following,
    hearing,
    issuing,
    refreshing,
    revocations,
    sightings,
)

SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)

BOUNDS = [
    (context.MOST_CHECKS, 50),
    (refusals.WRITE_EVERY, 500 * MILLISECOND),
    (refusals.MOST_WAITING, 1000),
    (retention._BATCH, 500),
    (retention._MOST_BATCHES, 200),
    (sealing.SEAL_EVERY, 500 * MILLISECOND),
    (sealing._BATCH, 500),
    (sealing._MOST_BATCHES, 20),
    (searching._BATCH, 500),
    (searching._MOST_OF_ONE_REQUEST, 100),
    (verifying.UNSEALED_FOR, 60 * SECOND),
    (verifying.MOST_FINDINGS, 100),
    (verifying._BATCH, 500),
    (live_schemes._REFRESH_EVERY, 60 * SECOND),
    (reliefs.PAUSE, 10 * MILLISECOND),
    (turns.AT_ONCE, 4),
    (turns.MOST_IN_LINE, 60),
    (watching.ACCOUNT_MARKS, (20, 50, 100)),
    (watching._MOST_REMEMBERED, 1000),
    (api_keys._MOST_NOTED, 50_000),
    (following.POLL_EVERY, 500 * MILLISECOND),
    (following.REST, 50 * MILLISECOND),
    (following.VOUCHED_FOR, SECOND),
    (hearing.LONGEST_WAIT, 25 * SECOND),
    (issuing._REMEMBERED_DEVICES, 100),
    (refreshing._ATTEMPTS, 3),
    (revocations.PAGE, 1000),
    (revocations.GOOD_FOR, 1.0),
    (revocations.LOOK_AGAIN, 5 * SECOND),
    (revocations.MOST_READERS, 1000),
    (revocations.MOST_OF_ONE_NETWORK, 20),
    (sightings.MOST_NOTED, 50_000),
    (sightings.BATCH, 500),
]


class TestBounds:
    def test_su_03_are_those_that_were_meant(self) -> None:
        assert [bound for bound, _ in BOUNDS] == [meant for _, meant in BOUNDS]
