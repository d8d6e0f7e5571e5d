"""How many transactions a deed writes, with its event in the audit trail."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from benchmarks.client import Client, Request
from benchmarks.fleet import Fleet
from benchmarks.processes import SERVER_CORE, Failed, say
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD

DEEDS = 300
# Events get their place in the chain twice a second, all that there are with one transaction.
MOST = 1.1
HEADERS = ("system", "deed", "deeds", "events written", "transactions that wrote", "for each deed")
RULES = ("DEVICE", "ACCOUNT", "NETWORK", "TOTAL")
# The next number of a transaction that writes; asking for it takes none.
_WRITTEN = "SELECT txid_snapshot_xmax(txid_current_snapshot())"
_EVENTS = "SELECT count(*) FROM audit_events"


def measure(fleet: Fleet) -> Section:
    """One server on PostgreSQL, one client, one deed after the other."""
    section = Section(
        "Commits",
        "Transactions that wrote something while one deed was done after the other, counted by "
        "PostgreSQL. The throttle, which counts in transactions of its own, is off. What goes on "
        "beside the requests is in the figures: the audit trail is sealed twice a second.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=fleet.options.users):
        if system.database.kind == "postgres":
            say(f"commits: {system.label}")
            system.settings |= {f"HEXKEY_THROTTLE_{rule}": "off" for rule in RULES}
            with system.started(SERVER_CORE) as server, Client(server.port) as client:
                for deed, requests in _deeds(system, client):
                    _add(section, system, client, deed, requests)
    return section


def _deeds(system: Hexkey, client: Client) -> Iterator[tuple[str, list[Request]]]:
    """The requests for each deed; those of a later one need what the earlier ones gave."""
    yield (
        "register",
        [
            Request("POST", "/users", body={"username": f"newcomer{n}", "password": PASSWORD})
            for n in range(DEEDS)
        ],
    )
    yield "sign in", [system.sign_in(n % 100 + 1, PASSWORD) for n in range(DEEDS)]
    sessions = [_done(client, system.sign_in(n % 100 + 101, PASSWORD)) for n in range(DEEDS)]
    yield (
        "refresh",
        [
            Request("POST", "/sessions/refresh", body={"refresh_token": str(it["refresh_token"])})
            for it in sessions
        ],
    )
    yield (
        "sign out",
        [Request("DELETE", "/sessions/current", token=str(it["access_token"])) for it in sessions],
    )


def _add(
    section: Section, system: Hexkey, client: Client, deed: str, requests: list[Request]
) -> None:
    database = system.database
    events, written = database.number(_EVENTS), database.number(_WRITTEN)
    for request in requests:
        _done(client, request)
    written, events = database.number(_WRITTEN) - written, database.number(_EVENTS) - events
    if events < len(requests):
        raise Failed(f"{deed}: {len(requests)} deeds have {events} events")
    each = written / len(requests)
    figures = (str(len(requests)), str(events), str(written), f"{each:.2f}")
    section.rows.append((system.label, deed, *figures))
    text = f"transactions that write, to {deed} with an event in the audit trail, PostgreSQL"
    section.promises.append(at_most(text, each, MOST))


def _done(client: Client, request: Request) -> Any:
    answer = client.send(request)
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Failed(f"{request.method} {request.path} was answered {answer.status}")
    return answer.json() if answer.body else None
