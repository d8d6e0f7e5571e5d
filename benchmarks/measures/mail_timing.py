"""EN-03: to ask for a mail takes the same time, whether the address is somebody's or not."""

import statistics
import time

from benchmarks.bootstrap import confidence
from benchmarks.client import Client, Request
from benchmarks.fleet import CHEAPEST_BCRYPT, Fleet
from benchmarks.measures.enumeration import LEAST_BOUND_MS, RELATIVE_BOUND
from benchmarks.processes import Failed, say
from benchmarks.report import Promise, Section
from benchmarks.smtp import mail_server
from benchmarks.systems.hexkey import Hexkey

HEADERS = (
    "system", "mail server", "pairs", "known: median ms", "unknown: median ms", "Δ median ms",
    "95 % interval ms", "bound ms",
)  # fmt: skip


def measure(fleet: Fleet) -> Section:
    """Interleaved pairs; every known address is asked for once, and from a network of its own."""
    section = Section(
        "EN-03: is that address known?",
        "Pairs of `POST /password-resets` over one connection, in alternating order, while the "
        "same process sends the mails. Each request names another address and, through a trusted "
        "proxy, another network: otherwise most would be over the limit, and queue nothing. "
        "Bound: max(2 ms, 5 %), with a 95 % bootstrap interval.",
        HEADERS,
    )
    for hexkey in fleet.hexkeys(CHEAPEST_BCRYPT, users=fleet.options.pairs):
        hexkey.give_everybody_an_address()
        hexkey.settings |= {"HEXKEY_WORKER": "true", "HEXKEY_TRUSTED_PROXIES": "127.0.0.1"}
        for hangs in (False, True):
            _add(section, hexkey, fleet.options.pairs, hangs=hangs)
    return section


def _add(section: Section, hexkey: Hexkey, pairs: int, *, hangs: bool) -> None:
    server = "hangs" if hangs else "takes everything"
    say(f"mail-timing: {hexkey.label}, the mail server {server}")
    known, unknown = _timed(hexkey, pairs, hangs=hangs)
    low, high = confidence((known, unknown), lambda medians: medians[1] - medians[0])
    medians = statistics.median(known), statistics.median(unknown)
    bound = max(LEAST_BOUND_MS, RELATIVE_BOUND * medians[0])
    interval = f"{low:+.2f} … {high:+.2f}"
    figures = (*medians, medians[1] - medians[0])
    section.rows.append(
        (
            hexkey.label,
            server,
            str(pairs),
            *(f"{it:.2f}" for it in figures),
            interval,
            f"{bound:.2f}",
        )
    )
    text = f"EN-03, {hexkey.database.kind}, the mail server {server}: Δ median (ms), 95 % interval"
    holds = max(abs(low), abs(high)) <= bound
    section.promises.append(Promise(text, interval, f"± {bound:.2f}", holds))


def _timed(hexkey: Hexkey, pairs: int, *, hangs: bool) -> tuple[list[float], list[float]]:
    times: dict[bool, list[float]] = {True: [], False: []}
    hexkey.database.run("DELETE FROM outbox; DELETE FROM one_time_tokens")
    with mail_server(hexkey.database.directory, hangs=hangs) as port:
        hexkey.settings["HEXKEY_SMTP_URL"] = f"smtp://127.0.0.1:{port}?tls=off"
        with hexkey.started() as server, Client(server.port) as client:
            for number in range(1, pairs + 1):
                for known in (True, False) if number % 2 else (False, True):
                    times[known].append(_milliseconds(client, _request(number, known=known)))
    return times[True], times[False]


def _request(number: int, *, known: bool) -> Request:
    name = "user" if known else "none"  # equally long
    network = f"{11 if known else 12}.{number >> 8}.{number & 255}.1"
    body = {"email": f"{name}{number}@example.com"}
    return Request("POST", "/password-resets", body=body, sent_for=network)


def _milliseconds(client: Client, request: Request) -> float:
    begin = time.perf_counter()
    answer = client.send(request)
    elapsed = time.perf_counter() - begin
    if answer.status != 202:
        raise Failed(f"a request for a mail was answered {answer.status}: {answer.body[:200]!r}")
    return elapsed * 1000
