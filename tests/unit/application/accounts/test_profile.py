import pytest

from hexkey.application.accounts.profile import UNCHANGED
from hexkey.application.accounts.registration import LoginNameRequired, RegistrationPolicy
from hexkey.domain.accounts.profile import InvalidProfile, Profile
from hexkey.domain.accounts.user import UsernameTaken, UserNotFound
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from hexkey.domain.identifiers import UserId
from tests.support.builders import a_user, an_id
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio

PICTURE = "https://example.com/a.png"


class TestUpdateProfile:
    async def test_changes_what_is_mentioned(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")
        deployment.clock.advance(seconds=1)

        named = await deployment.update_profile(user=alice.id, full_name="Alice", picture=PICTURE)
        renamed = await deployment.update_profile(user=alice.id, username="Queen")

        assert named.profile == renamed.profile == Profile("Alice", PICTURE)
        assert named.username == alice.username
        assert renamed.username is not None
        assert renamed.username.value == "Queen"
        assert renamed == await deployment.stored(alice.id)
        assert renamed.updated_at == deployment.clock.now()

    async def test_removes_what_is_nothing(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.register(
            username="alice", email="a@example.com", password=PASSWORD, full_name="Alice"
        )

        changed = await deployment.update_profile(user=alice.id, username=None, full_name=None)

        assert changed.username is None
        assert changed.profile == Profile()
        await deployment.somebody("alice")  # the name is free

    async def test_leaves_alone_what_is_not_mentioned(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.register(
            email="a@example.com", password=PASSWORD, full_name="Alice"
        )

        same = await deployment.update_profile(user=alice.id, picture=UNCHANGED)

        assert (same.username, same.email, same.profile) == (None, alice.email, alice.profile)
        assert same.password == alice.password

    async def test_removes_a_name_where_an_address_is_enough(
        self, deployment: MemoryDeployment
    ) -> None:
        alice = await deployment.register(
            username="alice", email="a@example.com", password=PASSWORD
        )

        assert (await deployment.update_profile(user=alice.id, username=None)).username is None

    async def test_removes_no_name_where_everybody_must_have_one(self) -> None:
        deployment = MemoryDeployment(registration=RegistrationPolicy(username_required=True))
        alice = await deployment.register(
            username="alice", email="a@example.com", password=PASSWORD
        )

        with pytest.raises(LoginNameRequired):
            await deployment.update_profile(user=alice.id, username=None, full_name="A")

        assert await deployment.stored(alice.id) == alice

    async def test_demands_no_name_of_who_never_had_one(self) -> None:
        """They registered before everybody had to have one."""
        deployment = MemoryDeployment(registration=RegistrationPolicy(username_required=True))
        await deployment.keep(old := a_user(username=None, email="old@example.com"))

        changed = await deployment.update_profile(user=old.id, username=None, full_name="Old")

        assert (changed.username, changed.profile.full_name) == (None, "Old")

    async def test_does_not_remove_the_only_name(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")

        with pytest.raises(LoginNameRequired):
            await deployment.update_profile(user=alice.id, username=None)

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"username": "bob"}, UsernameTaken),
            ({"username": "BOB"}, UsernameTaken),
            ({"username": "admin"}, InvalidUsername),
            ({"username": ""}, InvalidUsername),
            ({"username": "a@example.com"}, InvalidUsername),
            ({"full_name": "a\0"}, InvalidProfile),
            ({"picture": "javascript:alert(1)"}, InvalidProfile),
        ],
    )
    async def test_changes_nothing_if_it_refuses_one_of_the_changes(
        self, deployment: MemoryDeployment, change: dict[str, str], refusal: type[HexkeyError]
    ) -> None:
        await deployment.somebody("bob")
        alice = await deployment.somebody("alice")

        with pytest.raises(refusal):
            await deployment.update_profile(user=alice.id, **{"full_name": "Alice", **change})

        assert await deployment.stored(alice.id) == alice

    async def test_lets_users_spell_their_name_differently(
        self, deployment: MemoryDeployment
    ) -> None:
        alice = await deployment.somebody("alice")

        changed = await deployment.update_profile(user=alice.id, username="ALICE")

        assert changed.username is not None
        assert changed.username.value == "ALICE"

    async def test_lets_users_keep_a_reserved_name_that_an_operator_gave(
        self, deployment: MemoryDeployment
    ) -> None:
        admin = await deployment.register_user.by_operator(username="admin", password=PASSWORD)

        changed = await deployment.update_profile(user=admin.id, username="Admin", full_name="A")

        assert changed.profile.full_name == "A"
        with pytest.raises(InvalidUsername):
            await deployment.update_profile(user=admin.id, username="root")

    async def test_does_not_know_who_is_not_there(self, deployment: MemoryDeployment) -> None:
        with pytest.raises(UserNotFound):
            await deployment.update_profile(user=UserId(an_id()), full_name="Nobody")

    async def test_changes_nothing_when_the_store_gives_way(
        self, deployment: MemoryDeployment
    ) -> None:
        alice = await deployment.somebody("alice")
        deployment.stores.store.writable = False

        with pytest.raises(TemporarilyUnavailable):
            await deployment.update_profile(user=alice.id, full_name="Alice")

        assert await deployment.stored(alice.id) == alice

    async def test_is_seen_by_the_next_request(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")
        token = (await deployment.sign_in(login="alice", password=PASSWORD)).access_token
        await deployment.resolve(token=token)

        changed = await deployment.update_profile(user=alice.id, full_name="Alice")

        assert (await deployment.resolve(token=token)).user == changed


class TestReadPublicProfile:
    async def test_finds_an_active_user(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")

        assert await deployment.read_public_profile(id=alice.id) == alice

    async def test_en_06_answers_alike_for_absent_disabled_and_impossible(
        self, deployment: MemoryDeployment
    ) -> None:
        """EN-06: nobody can tell which."""
        alice = await deployment.somebody("alice")
        await deployment.disable(user=alice.id)

        for other in (an_id(), alice.id, "", "me", "1", "\0", alice.id.upper() + "x", "9" * 10_000):
            with pytest.raises(UserNotFound) as refusal:
                await deployment.read_public_profile(id=other)
            assert vars(refusal.value) == {}
