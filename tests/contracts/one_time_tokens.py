"""What `OneTimeTokens` promises."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hexkey.application.ports.accounts import AccountStore
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.one_time_token import (
    VOID_WITH_PASSWORD,
    Invitation,
    OneTimeToken,
    PendingRegistration,
    Purpose,
)
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from tests.contracts.account_store import added
from tests.support.builders import ARGON2_HASH, a_one_time_token, a_user, a_username, an_email
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)
AWKWARD = "\x01\x1f\x7f\u2028 \U0001f511 \" ' \\ %00 \u0130"

WITHOUT_USER = [
    a_one_time_token(purpose=Purpose.REGISTER, flow_digest="f" * 64, tries=4),
    a_one_time_token(
        purpose=Purpose.REGISTER,
        content=PendingRegistration(
            username=a_username("\u00e9" * 63),
            profile=Profile(full_name=AWKWARD, picture="https://a.example/" + "\U0001f511" * 2000),
            password=ARGON2_HASH,
            language="de-CH-1996",
        ),
    ),
    a_one_time_token(
        content=PendingRegistration(username=None, profile=Profile(), password=ARGON2_HASH)
    ),
    a_one_time_token(purpose=Purpose.INVITE, content=Invitation()),
    a_one_time_token(
        purpose=Purpose.INVITE, content=Invitation(roles=frozenset((ADMIN, Role("editor"))))
    ),
    a_one_time_token(subject="s" * 400, address=an_email(f"{'A' * 242}@example.com")),
    a_one_time_token(used_at=LATER),
]


async def put(store: AccountStore, *tokens: OneTimeToken) -> None:
    """Put `tokens`, for good, each in a transaction of its own."""
    for token in tokens:
        async with store.begin() as transaction:
            await transaction.one_time_tokens.put(token)
            await transaction.commit()


async def kept(store: AccountStore, token: OneTimeToken) -> OneTimeToken | None:
    """What a new transaction finds."""
    async with store.begin() as transaction:
        return await transaction.one_time_tokens.find(token.digest)


async def swapped(store: AccountStore, old: OneTimeToken, new: OneTimeToken) -> bool:
    """Replace, for good."""
    async with store.begin() as transaction:
        done = await transaction.one_time_tokens.replace(old, new)
        await transaction.commit()
        return done


async def used_once(store: AccountStore, digest: str, *, now: datetime = LATER) -> bool:
    """What every flow does with a token that is shown to it."""
    async with store.begin() as transaction:
        token = await transaction.one_time_tokens.find(digest)
        if token is None or not token.is_live(now=now):
            return False
        done = await transaction.one_time_tokens.replace(token, token.used(now=now))
        await transaction.commit()
        return done


class OneTimeTokensContract(ABC):
    """Subclass as `TestXxxOneTimeTokens` and provide the `store` fixture."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @pytest.mark.parametrize("token", WITHOUT_USER, ids=lambda it: it.id[-3:])
    async def test_gives_back_exactly_what_was_put(
        self, store: AccountStore, token: OneTimeToken
    ) -> None:
        await put(store, token)

        assert await kept(store, token) == token
        async with store.begin() as transaction:
            tokens = transaction.one_time_tokens
            assert await tokens.find_for(token.purpose, token.subject) == token

    @pytest.mark.parametrize("purpose", Purpose)
    async def test_gives_back_a_token_of_a_user(
        self, store: AccountStore, purpose: Purpose
    ) -> None:
        user = a_user(email="Ann@example.com")
        await added(store, user)
        token = a_one_time_token(purpose=purpose, user=user)
        await put(store, token)

        assert await kept(store, token) == token
        async with store.begin() as transaction:
            assert await transaction.one_time_tokens.of_user(user.id) == [token]

    async def test_finds_nothing_that_is_unknown(self, store: AccountStore) -> None:
        await put(store, token := a_one_time_token())

        async with store.begin() as transaction:
            tokens = transaction.one_time_tokens
            assert await tokens.find("x" * 64) is None
            assert await tokens.find_for(token.purpose, "nobody@example.com") is None
            assert await tokens.find_for(Purpose.INVITE, token.subject) is None

    async def test_forgets_what_was_not_committed(self, store: AccountStore) -> None:
        there, never = a_one_time_token(), a_one_time_token()
        await put(store, there)
        async with store.begin() as transaction:
            tokens = transaction.one_time_tokens
            await tokens.put(never)
            await tokens.replace(there, there.used(now=LATER))
            assert await tokens.find(never.digest) == never
            assert await tokens.find(there.digest) == there.used(now=LATER)

        assert await kept(store, never) is None
        assert await kept(store, there) == there

    async def test_ra_09_a_repeated_delivery_changes_nothing(self, store: AccountStore) -> None:
        """RA-09: the same id again, whatever happened to the token meanwhile, even elsewhere."""
        token = a_one_time_token()
        used = token.tried().used(now=LATER)
        await put(store, token, token)
        assert await swapped(store, token, used)

        await put(store, token, replace(token, subject="other@example.com"))

        assert await kept(store, token) == used

    async def test_rc_02_a_newer_token_takes_the_place_of_an_older_one(
        self, store: AccountStore
    ) -> None:
        """RC-02: of one purpose and subject; also when the older one's mail is repeated."""
        older = a_one_time_token(subject="ann@example.com")
        newer = a_one_time_token(subject="ann@example.com", now=LATER)
        elsewhere = [
            a_one_time_token(subject="bob@example.com"),
            a_one_time_token(subject="ann@example.com", purpose=Purpose.REGISTER),
        ]
        await put(store, older, *elsewhere, newer)
        assert await kept(store, older) is None

        await put(store, older)

        assert await kept(store, older) is None
        assert await kept(store, newer) == newer
        assert [await kept(store, it) for it in elsewhere] == elsewhere

    async def test_rf_16_what_a_clock_made_that_was_set_back_is_not_newer(
        self, store: AccountStore
    ) -> None:
        """RF-16: or nobody could get another link until the old time comes round again."""
        future = a_one_time_token(now=LATER)
        present = a_one_time_token(subject=future.subject, now=START)

        await put(store, future, present)
        assert await kept(store, present) is None
        async with store.begin() as transaction:
            await transaction.one_time_tokens.put(present, now=START)
            await transaction.commit()

        assert await kept(store, present) == present
        assert await kept(store, future) is None

    async def test_putting_tells_what_is_kept(self, store: AccountStore) -> None:
        older = a_one_time_token(subject="a")
        newer = a_one_time_token(subject="a")
        async with store.begin() as transaction:
            tokens = transaction.one_time_tokens
            assert await tokens.put(newer) == newer
            assert await tokens.put(older) is None
            assert await tokens.replace(newer, newer.used(now=LATER))
            assert await tokens.put(newer) == newer.used(now=LATER)

    async def test_of_two_made_at_one_instant_the_later_id_wins(self, store: AccountStore) -> None:
        first, second = a_one_time_token(subject="a"), a_one_time_token(subject="a")
        await put(store, second, first)

        assert await kept(store, first) is None
        assert await kept(store, second) == second

    async def test_of_two_put_at_once_one_is_kept(self, store: AccountStore) -> None:
        tokens = [a_one_time_token(subject="a") for _ in range(10)]

        await asyncio.gather(*(put(store, token) for token in tokens))

        assert [it for it in tokens if await kept(store, it)] == [tokens[-1]]

    async def test_does_not_replace_on_stale_grounds(self, store: AccountStore) -> None:
        token = a_one_time_token()
        await put(store, token)
        assert await swapped(store, token, token.tried())

        assert not await swapped(store, token, token.used(now=LATER))
        assert not await swapped(store, token, token.tried())
        assert await kept(store, token) == token.tried()
        assert await swapped(store, token.tried(), token.tried().used(now=LATER))
        assert not await swapped(store, token.tried(), token.tried().used(now=LATER))

    async def test_does_not_replace_what_is_not_there(self, store: AccountStore) -> None:
        token = a_one_time_token()

        assert not await swapped(store, token, token.used(now=LATER))
        assert await kept(store, token) is None

    @pytest.mark.parametrize("purpose", Purpose)
    async def test_ra_02_of_fifty_uses_at_once_one_succeeds(
        self, store: AccountStore, purpose: Purpose
    ) -> None:
        """RA-02, RC-02: as every flow does it, and also if a flow forgot to hold what it found."""
        token, other = a_one_time_token(purpose=purpose), a_one_time_token(purpose=purpose)
        await put(store, token, other)

        uses = await asyncio.gather(*(used_once(store, token.digest) for _ in range(50)))
        swaps = await asyncio.gather(
            *(swapped(store, other, other.used(now=LATER)) for _ in range(50))
        )

        assert (sum(uses), sum(swaps)) == (1, 1)

    async def test_rc_14_no_try_of_a_code_is_lost(self, store: AccountStore) -> None:
        """RC-14, RA-03: fifty at once are fifty."""
        token = a_one_time_token()
        await put(store, token)

        async def spend() -> None:
            async with store.begin() as transaction:
                tokens = transaction.one_time_tokens
                found = await tokens.find_for(token.purpose, token.subject)
                assert found is not None
                assert await tokens.replace(found, found.tried())
                await transaction.commit()

        await asyncio.gather(*(spend() for _ in range(50)))

        found = await kept(store, token)
        assert found is not None
        assert found.tries == 50

    async def test_rc_02_voids_what_a_new_password_must_void(self, store: AccountStore) -> None:
        """RC-02: and nothing of others, nor what takes back what a thief did."""
        ann, bob = a_user(), a_user()
        await added(store, ann, bob)
        of_ann = [a_one_time_token(purpose=purpose, user=ann) for purpose in Purpose]
        others = [a_one_time_token(user=bob), a_one_time_token()]
        await put(store, *of_ann, *others)
        await self.void(store, ann)

        async with store.begin() as transaction:
            found = await transaction.one_time_tokens.of_user(ann.id)
        assert {it.purpose for it in found if it.is_live(now=START)} == (
            frozenset(Purpose) - VOID_WITH_PASSWORD
        )
        assert [await kept(store, it) for it in others] == others

    async def test_what_was_voided_is_not_revived(self, store: AccountStore) -> None:
        await added(store, user := a_user())
        token = a_one_time_token(user=user)
        used = a_one_time_token(user=user, purpose=Purpose.CHANGE_EMAIL, used_at=LATER)
        await put(store, token, used)
        await self.void(store, user)
        await put(store, token)

        assert await kept(store, token) == token.voided()
        assert not await swapped(store, token, token.used(now=LATER))
        assert await kept(store, used) == used

    async def test_voids_any_purpose_and_only_what_was_made_after_an_instant(
        self, store: AccountStore
    ) -> None:
        await added(store, user := a_user())
        undoing = Purpose.UNDO_EMAIL_CHANGE
        early = a_one_time_token(user=user, purpose=undoing, subject="1")
        late = a_one_time_token(user=user, purpose=undoing, subject="2", now=LATER)
        reset = a_one_time_token(user=user, now=LATER)
        await put(store, early, late, reset)
        async with store.begin() as transaction:
            await transaction.one_time_tokens.void(user.id, purposes=[undoing], after=START)
            await transaction.commit()

        assert [await kept(store, it) for it in (early, late, reset)] == [
            early,
            late.voided(),
            reset,
        ]

    async def void(self, store: AccountStore, user: User) -> None:
        """Void what a new password voids, for good."""
        async with store.begin() as transaction:
            await transaction.one_time_tokens.void(user.id)
            await transaction.commit()

    async def test_lists_the_tokens_of_a_user_the_oldest_first(self, store: AccountStore) -> None:
        ann, bob = a_user(), a_user()
        await added(store, ann, bob)
        late = a_one_time_token(user=ann, now=LATER)
        early = a_one_time_token(user=ann, purpose=Purpose.CHANGE_EMAIL)
        await put(store, late, early, a_one_time_token(user=bob), a_one_time_token())

        async with store.begin() as transaction:
            assert await transaction.one_time_tokens.of_user(ann.id) == [early, late]
