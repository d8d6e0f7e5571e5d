"""Hearing from an issuer elsewhere whose tokens are refused."""

from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.keys.fetching import FetchKeys
from hexkey.application.ports.issuer import Issuer, IssuerUnreachable
from hexkey.application.ports.revocation_lists import RevocationListReader
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import InvalidToken, UnknownSigningKey
from hexkey.domain.sessions.revocation_list import RevocationList, RevocationStatement

LONGEST_WAIT = timedelta(seconds=25)  # of one question; proxies cut off much longer ones


@dataclass(frozen=True, slots=True, kw_only=True)
class StalenessPolicy:
    """What to believe while the issuer cannot be heard.

    Attributes:
        most: how long that may last without consequences.
        strict: then refuse everybody, instead of believing tokens until they expire.
    """

    most: timedelta
    strict: bool

    @property
    def wait(self) -> timedelta:
        """How long one question may stay open, so that silence is noticed in time."""
        return min(LONGEST_WAIT, self.most / 2)


@dataclass(slots=True, kw_only=True)
class HearRevocations:
    """Hold the latest list that the issuer signed."""

    issuer: Issuer
    reader: RevocationListReader
    fetch_keys: FetchKeys
    clock: Clock
    policy: StalenessPolicy
    _statement: RevocationStatement | None = field(default=None, init=False)
    _tag: str | None = field(default=None, init=False)
    _heard_at: float | None = field(default=None, init=False)

    async def __call__(self) -> bool:
        """Ask once; that takes as long as nothing changes, up to `StalenessPolicy.wait`.

        Returns:
            Whether there was another list than before.

        Raises:
            IssuerUnreachable: if there is no answer, or one that cannot be believed; the list
                stays as it was.
        """
        known = self._known()
        published = await self.issuer.revocations(
            known=known, wait=self.policy.wait if known else timedelta(0)
        )
        if published is not None:
            self._statement = await self._read(published.text)
            self._tag = published.tag
        self._heard_at = self.clock.monotonic()
        return published is not None

    @property
    def is_stale(self) -> bool:
        """Whether the issuer has been silent for too long, or was never heard."""
        heard, most = self._heard_at, self.policy.most.total_seconds()
        return heard is None or self.clock.monotonic() - heard >= most

    def revoked(self) -> RevocationList:
        """What is to be refused, as far as is known.

        Raises:
            TemporarilyUnavailable: if that is too long ago, and the policy is strict.
        """
        if self.policy.strict and self.is_stale:
            raise TemporarilyUnavailable
        return self._statement.revoked if self._statement else RevocationList()

    def _known(self) -> str | None:
        """The tag to ask with; none when the signature is to be renewed."""
        worn = self._statement is None or self._statement.is_worn(now=self.clock.now())
        return None if worn else self._tag

    async def _read(self, text: str) -> RevocationStatement:
        try:
            try:
                statement = self.reader.read(text)
            except UnknownSigningKey:
                if not await self.fetch_keys.for_unknown_key():
                    raise
                statement = self.reader.read(text)
            statement.ensure_current(now=self.clock.now())
        except InvalidToken as error:
            raise IssuerUnreachable("the list of revocations is not the issuer's") from error
        return statement
