"""Believing tokens of a Hexkey elsewhere: what costs a request, and what is refused."""

from datetime import timedelta

import pytest

from hexkey.application.ports.issuer import Issuer, IssuerUnreachable, Published
from hexkey.application.sessions.hearing import StalenessPolicy
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken, TokenExpired
from hexkey.domain.sessions.revocation_list import RevocationList
from hexkey.entrypoints.remote_client import RemoteClient, RemoteSettings
from tests.contracts.issuer import IssuerContract
from tests.support.doubles import START, FrozenClock
from tests.support.issuers import IssuerInHand, a_client
from tests.support.issuing import a_signing_key, an_issuing, some_claims

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
CLAIMS = some_claims()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def issuer(clock: FrozenClock) -> IssuerInHand:
    return IssuerInHand(clock)


@pytest.fixture
def token(issuer: IssuerInHand) -> str:
    return issuer.issuing.signer.sign(CLAIMS)


@pytest.fixture
async def client(issuer: IssuerInHand) -> RemoteClient:
    client = a_client(issuer)
    await client.fetch_keys()
    await client.hear()
    return client


class TestIssuerInHand(IssuerContract):
    @pytest.fixture
    def issuer(self, clock: FrozenClock) -> Issuer:
        return IssuerInHand(clock)

    @pytest.fixture
    def silent(self, clock: FrozenClock) -> Issuer:
        silent = IssuerInHand(clock)
        silent.reachable = False
        return silent


class TestBelieveToken:
    async def test_needs_no_request(
        self, client: RemoteClient, issuer: IssuerInHand, token: str
    ) -> None:
        for _ in range(5):
            assert await client.believe(token=token) == CLAIMS

        assert (issuer.asked_for_keys, len(issuer.known)) == (1, 1)

    async def test_refuses_an_expired_one(
        self, client: RemoteClient, clock: FrozenClock, token: str
    ) -> None:
        clock.advance(minutes=16)

        with pytest.raises(TokenExpired):
            await client.believe(token=token)

    @pytest.mark.parametrize(
        "revoked",
        [
            RevocationList(sessions={CLAIMS.session: START}),
            RevocationList(users={CLAIMS.subject: START + timedelta(seconds=1)}),
            RevocationList(not_before=START + timedelta(seconds=1)),
        ],
        ids=["session", "user", "everybody"],
    )
    async def test_refuses_what_is_listed(
        self, client: RemoteClient, issuer: IssuerInHand, token: str, revoked: RevocationList
    ) -> None:
        await client.believe(token=token)
        issuer.revoked = revoked
        await client.hear()

        with pytest.raises(InvalidToken):
            await client.believe(token=token)

    async def test_believes_what_was_issued_at_the_bound_or_later(
        self, client: RemoteClient, issuer: IssuerInHand, token: str
    ) -> None:
        issuer.revoked = RevocationList(users={CLAIMS.subject: START}, not_before=START)
        await client.hear()

        assert await client.believe(token=token) == CLAIMS

    async def test_cannot_tell_before_there_are_keys(
        self, issuer: IssuerInHand, token: str
    ) -> None:
        issuer.reachable = False

        with pytest.raises(TemporarilyUnavailable):
            await a_client(issuer).believe(token=token)


class TestKeys:
    async def test_jw_17_are_asked_for_once_a_minute_because_of_unknown_ids(
        self, client: RemoteClient, issuer: IssuerInHand, clock: FrozenClock
    ) -> None:
        forged = [issuer.issuing.signed({}, kid=f"{number:043d}") for number in range(10_000)]
        for asked in (1, 2):
            for token in forged:
                with pytest.raises(InvalidToken):
                    await client.believe(token=token)
            assert issuer.asked_for_keys == 1 + asked
            clock.advance(seconds=59.999)
            with pytest.raises(InvalidToken):
                await client.believe(token=forged[0])
            assert issuer.asked_for_keys == 1 + asked
            clock.advance(seconds=0.001)

    async def test_that_are_new_are_found(self, client: RemoteClient, issuer: IssuerInHand) -> None:
        issuer.issuing.ring.load([a_signing_key(SigningAlgorithm.ES256, number=7)])

        assert await client.believe(token=issuer.issuing.signer.sign(CLAIMS)) == CLAIMS

    async def test_stay_while_the_issuer_is_away(
        self, client: RemoteClient, issuer: IssuerInHand, token: str
    ) -> None:
        issuer.reachable = False
        for attempt in (client.fetch_keys, client.hear):
            with pytest.raises(IssuerUnreachable):
                await attempt()

        assert await client.believe(token=token) == CLAIMS

    @pytest.mark.parametrize(
        ("said", "kept"),
        [(None, 300), (120, 120), (0, 60), (10**8, 86_400)],
    )
    async def test_are_due_when_the_issuer_says_within_bounds(
        self, issuer: IssuerInHand, said: int | None, kept: float
    ) -> None:
        issuer.max_age = None if said is None else timedelta(seconds=said)
        client = a_client(issuer)
        assert client.fetch_keys.due_in <= 0

        await client.fetch_keys()

        assert client.fetch_keys.due_in == kept


class TestHearRevocations:
    async def test_asks_by_the_tag_until_half_of_the_time_of_the_list_is_over(
        self, client: RemoteClient, issuer: IssuerInHand, clock: FrozenClock
    ) -> None:
        await client.hear()
        clock.advance(minutes=5)
        await client.hear()
        await client.hear()

        assert issuer.known == [None, issuer.revoked.tag, None, issuer.revoked.tag]

    async def test_jw_07_believes_no_other_issuer(
        self, client: RemoteClient, issuer: IssuerInHand, token: str
    ) -> None:
        issuer.name = "https://elsewhere.example"
        issuer.revoked = RevocationList(sessions={CLAIMS.session: START})

        with pytest.raises(IssuerUnreachable):
            await client.hear()
        assert await client.believe(token=token) == CLAIMS

    async def test_believes_nobody_elses_signature(
        self, client: RemoteClient, issuer: IssuerInHand
    ) -> None:
        mallory = an_issuing(SigningAlgorithm.ES256, secret=b"another deployment's secret, 32o")
        issuer.revoked, issuer.lists_by = RevocationList(not_before=START), mallory

        with pytest.raises(IssuerUnreachable):
            await client.hear()
        assert client.hear.revoked() == RevocationList()

    @pytest.mark.parametrize("minutes", [-11, 11])
    async def test_believes_no_list_that_was_kept_back_or_is_of_the_future(
        self, client: RemoteClient, issuer: IssuerInHand, minutes: int
    ) -> None:
        issuer.revoked = RevocationList(not_before=START)
        issuer.clock = FrozenClock(START + timedelta(minutes=minutes))

        with pytest.raises(IssuerUnreachable):
            await client.hear()

    async def test_says_whether_there_was_another_list(
        self, client: RemoteClient, issuer: IssuerInHand, clock: FrozenClock
    ) -> None:
        assert not await client.hear()
        issuer.revoked = RevocationList(not_before=START)
        assert await client.hear()
        assert client.hear.revoked() == issuer.revoked
        clock.advance(minutes=5)
        assert await client.hear()  # the same, signed anew

    async def test_asks_without_waiting_for_what_it_does_not_have(
        self, issuer: IssuerInHand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits, client, ask = [], a_client(issuer), issuer.revocations

        async def asked(*, known: str | None, wait: timedelta) -> Published | None:
            waits.append(wait)
            return await ask(known=known, wait=wait)

        monkeypatch.setattr(issuer, "revocations", asked)
        await client.fetch_keys()
        for _ in range(2):
            await client.hear()

        assert waits == [timedelta(0), timedelta(seconds=25)]

    async def test_finds_a_key_that_is_new_and_says_if_there_is_none(
        self, issuer: IssuerInHand
    ) -> None:
        client = a_client(issuer)
        await client.hear()
        mallory = an_issuing(SigningAlgorithm.ES256, secret=b"another deployment's secret, 32o")
        issuer.revoked, issuer.lists_by = RevocationList(not_before=START), mallory

        with pytest.raises(IssuerUnreachable, match="not the issuer's"):
            await client.hear()

    @pytest.mark.parametrize(("most", "wait"), [(49, 24.5), (50, 25), (51, 25), (999, 25)])
    def test_waits_for_half_of_what_silence_may_last_and_no_longer_than_proxies_let_it(
        self, most: int, wait: float
    ) -> None:
        policy = StalenessPolicy(most=timedelta(seconds=most), strict=False)

        assert policy.wait == timedelta(seconds=wait)


class TestSilence:
    @pytest.fixture
    async def strict(self, issuer: IssuerInHand) -> RemoteClient:
        client = a_client(issuer, strict=True)
        await client.fetch_keys()
        await client.hear()
        return client

    async def test_has_no_consequences_by_default(
        self, client: RemoteClient, clock: FrozenClock, token: str
    ) -> None:
        clock.advance(minutes=14)

        assert client.hear.is_stale
        assert await client.believe(token=token) == CLAIMS

    async def test_refuses_everybody_where_that_is_asked_for(
        self, strict: RemoteClient, clock: FrozenClock, token: str
    ) -> None:
        clock.advance(seconds=59.999)
        assert await strict.believe(token=token) == CLAIMS

        clock.advance(seconds=0.001)
        with pytest.raises(TemporarilyUnavailable):
            await strict.believe(token=token)

        await strict.hear()
        assert await strict.believe(token=token) == CLAIMS

    async def test_at_the_beginning_counts_too(self, issuer: IssuerInHand, token: str) -> None:
        strict = a_client(issuer, strict=True)
        await strict.fetch_keys()

        with pytest.raises(TemporarilyUnavailable):
            await strict.believe(token=token)

    async def test_is_noticed_in_time(self, strict: RemoteClient) -> None:
        assert strict.hear.policy.wait <= strict.hear.policy.most / 2


class TestRemoteSettings:
    @pytest.mark.parametrize(
        "change",
        [
            *({"address": "http://auth.example.com"}, {"address": "ftp://localhost"}),
            *({"address": "auth.example.com"}, {"max_staleness": timedelta(seconds=1)}),
        ],
        ids=str,
    )
    def test_refuse_what_is_not_safe(self, change: dict[str, object]) -> None:
        good: dict[str, object] = {
            "issuer": "https://auth.example.com",
            "audience": "x",
            "address": "https://auth.example.com",
            "max_staleness": MINUTE,
            "strict": False,
            "allow_http": False,
        }
        assert RemoteSettings(**good)  # type: ignore[arg-type]  # of several types

        with pytest.raises(ValueError, match=r"is to be|plain HTTP"):
            RemoteSettings(**{**good, **change})  # type: ignore[arg-type]
