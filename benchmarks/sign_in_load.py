"""Many people signing in at once: every request is sent, awaited, and its answer examined.

wrk cannot do this: it drops what is under way when its time is over, so it cannot tell whether an
answer was lost, and it does not look into answers.
"""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from benchmarks.client import Answer, Client, ConnectionLost
from benchmarks.systems.system import PASSWORD, WRONG_PASSWORD, System, subject_of

WRONG_EVERY = 16  # every 16th attempt has a wrong password, and must be refused
LONGEST_BACK_OFF = 1.0  # seconds; a client that ignored Retry-After would only measure refusals
DRAINING_SECONDS = 60
ACCEPTED = (200, 201)


@dataclass(slots=True)
class Outcome:
    """What became of the requests.

    Attributes:
        finished: instants at which a password had been verified, as seconds since the start.
        counts: answers by kind; the kinds in `FAULTS` must not occur.
        latencies: of verified sign-ins, in seconds.
    """

    finished: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Sign-ins per second: the slope of their count over time.

        Counting over a stretch of time instead would be wrong by up to one sign-in per core at
        each end, which is several percent of a short run. What was under way at the end belongs
        to it: the cores are as busy with it as before.
        """
        times = sorted(self.finished)
        if len(times) < 3 or times[0] == times[-1]:
            return float("nan")
        return statistics.linear_regression(times, range(len(times))).slope

    @property
    def faults(self) -> dict[str, int]:
        """What must not happen, and how often it did."""
        return {kind: n for kind, n in self.counts.items() if kind not in GOOD}


GOOD = ("signed in", "refused rightly", "busy")


class SignInLoad:
    """People who sign in over and over, until told to stop.

    Args:
        users: how many accounts take turns; the upper half gets the wrong passwords, so that no
            failure slows a right one down.
    """

    def __init__(self, system: System, port: int, *, users: int, wrong: bool = True) -> None:
        self._system = system
        self._port = port
        self._users = users
        self._wrong = wrong
        self._lock = threading.Lock()
        self._sent = 0
        self._stop = threading.Event()
        self._outcome = Outcome()
        self._begin = 0.0

    def run(self, *, connections: int, seconds: float) -> Outcome:
        """Sign in over `connections` connections for `seconds`, then await what is under way."""
        with self.going_on(connections=connections) as outcome:
            self._stop.wait(seconds)
        return outcome

    @contextmanager
    def going_on(self, *, connections: int) -> Iterator[Outcome]:
        """Sign in as long as the block; the outcome is complete after it."""
        self._begin = time.perf_counter()
        people = [threading.Thread(target=self._person, daemon=True) for _ in range(connections)]
        for person in people:
            person.start()
        try:
            yield self._outcome
        finally:
            self._stop.set()
            for person in people:
                person.join(DRAINING_SECONDS)
            if missing := self._sent - self._outcome.counts.total():
                self._outcome.counts["lost (never answered)"] += missing

    def _person(self) -> None:
        with Client(self._port, timeout=DRAINING_SECONDS) as client:
            while not self._stop.is_set():
                number, right = self._next()
                request = self._system.sign_in(number, PASSWORD if right else WRONG_PASSWORD)
                begin = time.perf_counter()
                try:
                    answer = client.send(request)
                except ConnectionLost as error:
                    self._count(f"lost ({error})")
                    continue
                self._judge(answer, number, right=right, begin=begin)

    def _next(self) -> tuple[int, bool]:
        with self._lock:
            self._sent += 1
            turn, half = self._sent, max(1, self._users // 2)
        if self._wrong and turn % WRONG_EVERY == 0:
            return half + next(self._system.wrong_turns) % half + 1, False
        return turn % half + 1, True

    def _judge(self, answer: Answer, number: int, *, right: bool, begin: float) -> None:
        now = time.perf_counter()
        if answer.status == 503:
            waits = answer.headers.get("retry-after")
            self._count("busy" if waits else "busy without Retry-After")
            self._stop.wait(_seconds(waits))
            return
        kind = self._kind(answer, number, right=right)
        self._count(kind)
        if kind in GOOD:
            with self._lock:
                self._outcome.finished.append(now - self._begin)
                self._outcome.latencies.append(now - begin)

    def _kind(self, answer: Answer, number: int, *, right: bool) -> str:
        if not right:
            refused = answer.status in (400, 401)
            return "refused rightly" if refused else f"wrong password got {answer.status}"
        if answer.status not in ACCEPTED:
            return f"right password got {answer.status}"
        with suppress(ValueError, KeyError, IndexError):
            if subject_of(answer.json()["access_token"]) == self._system.subject(number):
                return "signed in"
        return "somebody else's token"

    def _count(self, kind: str) -> None:
        with self._lock:
            self._outcome.counts[kind] += 1


def _seconds(text: str | None) -> float:
    try:
        return min(LONGEST_BACK_OFF, max(0.05, float(text or "")))
    except ValueError:
        return 0.05
