"""An issuer elsewhere that a test holds in its hand."""

import json
from datetime import timedelta

from hexkey.adapters.crypto.revocation_lists import JwsRevocationListSigner
from hexkey.application.ports.issuer import Issuer, IssuerUnreachable, Published
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.revocation_list import RevocationList, RevocationStatement
from hexkey.entrypoints.remote_client import RemoteClient, RemoteSettings, build_remote_client
from tests.support.doubles import FrozenClock
from tests.support.issuing import AUDIENCE, ISSUER, an_issuing


class IssuerInHand(Issuer):
    """Shows what it is told to, and counts.

    Attributes:
        reachable: whether there is an answer.
        lists_by: who signs the lists.
        known: the tags that lists were asked for with.
    """

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.issuing = an_issuing(SigningAlgorithm.ES256)
        self.lists_by = self.issuing
        self.revoked = RevocationList()
        self.name = ISSUER
        self.reachable = True
        self.max_age: timedelta | None = timedelta(minutes=5)
        self.asked_for_keys = 0
        self.known: list[str | None] = []

    async def keys(self) -> Published:
        self.asked_for_keys += 1
        self._answer()
        shown = json.dumps({"keys": list(self.issuing.ring.published())})
        return Published(shown, max_age=self.max_age)

    async def revocations(self, *, known: str | None, wait: timedelta) -> Published | None:
        self.known.append(known)
        self._answer()
        if known == self.revoked.tag:
            return None
        now = self.clock.now()
        statement = RevocationStatement.made(self.revoked, issuer=self.name, since=now, now=now)
        text = JwsRevocationListSigner(self.lists_by.ring).sign(statement)
        return Published(text, tag=self.revoked.tag)

    async def close(self) -> None:
        self.reachable = False

    def _answer(self) -> None:
        if not self.reachable:
            raise IssuerUnreachable("it is not reachable")


def a_client(issuer: IssuerInHand, *, strict: bool = False) -> RemoteClient:
    """One that believes it, and may not hear from it for a minute."""
    settings = RemoteSettings(
        issuer=ISSUER,
        audience=AUDIENCE,
        address=ISSUER,
        max_staleness=timedelta(minutes=1),
        strict=strict,
        allow_http=False,
    )
    return build_remote_client(settings, issuer=issuer, clock=issuer.clock)
