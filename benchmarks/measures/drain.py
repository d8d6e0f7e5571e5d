"""How fast a full outbox is emptied, beside one bare connection to the same mail server."""

import sys
from collections import defaultdict
from pathlib import Path

from benchmarks.environments import HERE
from benchmarks.fleet import CHEAPEST_BCRYPT, Fleet
from benchmarks.processes import GENERATOR_CORE, Failed, plain_environment, running, say
from benchmarks.report import Section, at_least
from benchmarks.smtp import counting
from benchmarks.systems.hexkey import Hexkey, program
from benchmarks.wrk import median

LEAST = 0.8
WARMING = 100
PATIENCE = 600  # seconds for one emptying
NEWS, RESETS = "password_changed", "password_reset"
KINDS = {NEWS: "news", RESETS: "resets: with a token each"}
HEADERS = ("system", "rounds", "bare connection: mails/s", "worker: mails/s", "÷ bare")


def measure(fleet: Fleet) -> Section:
    """Bare, then the worker, in turns; the time is the mail server's own."""
    many = fleet.options.mails
    section = Section(
        "Emptying the outbox",
        f"{many:,} queued mails, each to another user, sent by `hexkey worker` on one core to a "
        "local aiosmtpd on another, and the same number of equal bytes over one aiosmtplib "
        "connection. Counted by the server, from its first mail to its last.",
        HEADERS,
    )
    for hexkey in fleet.hexkeys(CHEAPEST_BCRYPT, users=many):
        hexkey.give_everybody_an_address()
        rates = _measured(hexkey, many, rounds=fleet.options.rounds)
        for kind, pairs in rates.items():
            _conclude(section, hexkey, kind, pairs)
    return section


def _measured(hexkey: Hexkey, many: int, *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Bare rate and worker's rate of each round, by kind."""
    rates: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for kind, words in KINDS.items():
        sample = hexkey.database.directory / f"{kind}.eml"
        _worker(hexkey, kind, WARMING, keep=sample)
        for turn in range(rounds):
            say(f"drain, round {turn + 1}: {hexkey.label}, {words}")
            bare = _bare(hexkey, sample, many)
            rates[kind].append((bare, _worker(hexkey, kind, many)))
    return rates


def _worker(hexkey: Hexkey, kind: str, many: int, *, keep: Path | None = None) -> float:
    hexkey.queue_mail(kind, many)
    directory = hexkey.database.directory
    with counting(directory, many, keep=keep) as (port, tally):
        hexkey.settings["HEXKEY_SMTP_URL"] = f"smtp://127.0.0.1:{port}?tls=off"
        with running(
            [program(), "worker"],
            log=directory / "worker.log",
            cores=GENERATOR_CORE,
            env=hexkey.environment(),
            cwd=directory,
        ) as process:
            try:
                return tally.rate(process, within=PATIENCE)
            except Failed as error:
                log = (directory / "worker.log").read_text()[-2000:]
                raise Failed(f"{hexkey.label}: {error}\n{log}") from None
            finally:
                del hexkey.settings["HEXKEY_SMTP_URL"]


def _bare(hexkey: Hexkey, message: Path, many: int) -> float:
    directory = hexkey.database.directory
    environment = plain_environment(PYTHONPATH=str(HERE.parent))
    with counting(directory, many) as (port, tally):
        command = [sys.executable, "-m", "benchmarks.bare_mail", str(port), str(many), str(message)]
        log = directory / "bare.log"
        with running(command, log=log, cores=GENERATOR_CORE, env=environment) as process:
            return tally.rate(process, within=PATIENCE)


def _conclude(
    section: Section, hexkey: Hexkey, kind: str, pairs: list[tuple[float, float]]
) -> None:
    bare, worker = (median(rates) for rates in zip(*pairs, strict=True))
    ratio = median(mine / plain for plain, mine in pairs)
    name = f"{hexkey.label}, {KINDS[kind]}"
    section.rows.append((name, str(len(pairs)), f"{bare:,.0f}", f"{worker:,.0f}", f"{ratio:.2f}"))
    text = f"emptying the outbox, {hexkey.database.kind}, {KINDS[kind]}: worker ÷ bare connection"
    section.promises.append(at_least(text, ratio, LEAST))
