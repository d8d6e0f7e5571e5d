"""Hypothesis strategies, and how much is tried."""

import os
import unicodedata
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from hexkey.domain.authentication.throttle import Failures

# The same examples in every run, and no verdict that hangs on how busy the machine is.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def bounded(*, examples: int, steps: int) -> settings:
    """So many runs of a state machine, of at most so many steps each."""
    return settings(max_examples=examples, stateful_step_count=steps)


# Everything a client can send as JSON, lone surrogates and private characters included.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=400)

# Characters that fold, compose, decompose, or become something structural.
awkward_text = st.text(
    st.sampled_from(
        "aZ09éÉßẞſıİIK\u212aǅﬁΣςσ\u0301\u0316\u0345ΰ\uff21\uff20\u2024한ㄱ. @+-_\\/ \t\0\u202e"
    )
    | st.characters(),
    max_size=80,
)

text = any_text | awkward_text

instants = st.integers(0, 3_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
steps = st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400))
failures = st.builds(Failures, count=st.integers(0, 10_000), rests_until=instants)


def is_nfc(candidate: str) -> bool:
    return unicodedata.is_normalized("NFC", candidate)
