import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from hexkey.adapters.crypto.argon2_hasher import Argon2PasswordHasher
from hexkey.adapters.crypto.bcrypt_hasher import BcryptPasswordHasher
from hexkey.adapters.crypto.bcrypt_schemes import BcryptSha256
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.crypto.pooled_hasher import PooledPasswordHasher
from hexkey.adapters.crypto.system import SystemClock
from hexkey.domain.accounts.password import (
    Password,
    PasswordCommon,
    PasswordHash,
    PasswordInvalid,
    PasswordPolicy,
    PasswordRejected,
    PasswordScheme,
    PasswordTooLong,
    PasswordTooShort,
)
from tests.contracts.password_hasher import PasswordHasherContract

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.anyio

# Hashes that other software made: passlib's manual, crypt_blowfish, jBCrypt and libargon2.
PUBLISHED = [
    (
        "password",
        "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
    ),
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    ("abcdefghijklmnopqrstuvwxyz", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC"),
    (
        "password",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ),
]


@pytest.fixture
def pool() -> Iterator[HashingPool]:
    pool = HashingPool(workers=2, max_waiting=5000, clock=SystemClock())
    yield pool
    pool.close()


@pytest.fixture(params=["bcrypt", "argon2id"])
def either(request: pytest.FixtureRequest, pool: HashingPool) -> PooledPasswordHasher:
    if request.param == "bcrypt":
        return BcryptPasswordHasher(pool=pool, cost=10)
    return Argon2PasswordHasher(pool=pool)


class TestBcryptPasswordHasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self, pool: HashingPool) -> BcryptPasswordHasher:
        return BcryptPasswordHasher(pool=pool, cost=10)

    def test_pw_09_defaults_to_cost_12(self, pool: HashingPool) -> None:
        assert BcryptPasswordHasher(pool=pool).scheme == "$bcrypt-sha256$v=2,t=2b,r=12$"

    @pytest.mark.parametrize("cost", [-1, 0, 4, 9, 17, 31])
    def test_pw_09_refuses_a_cost_out_of_bounds(self, pool: HashingPool, cost: int) -> None:
        with pytest.raises(ValueError, match="between 10 and 16"):
            BcryptPasswordHasher(pool=pool, cost=cost)


class TestArgon2PasswordHasher(PasswordHasherContract):
    @pytest.fixture
    def hasher(self, pool: HashingPool) -> Argon2PasswordHasher:
        return Argon2PasswordHasher(pool=pool)

    async def test_pw_09_writes_46_mib_one_pass_16_octets_of_salt_and_32_of_tag(
        self, hasher: Argon2PasswordHasher
    ) -> None:
        """PW-09, X12."""
        hashed = await hasher.hash(Password("correct horse"))

        assert hashed.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
        assert [len(part) for part in hashed.split("$")[4:]] == [22, 43]

    @pytest.mark.parametrize(
        ("memory", "passes", "lanes"),
        [
            *((47_103, 1, 1), (19_456, 2, 1), (47_104, 0, 1), (47_104, 1, 0), (-1, 1, 1)),
            *((262_145, 1, 1), (262_144, 5, 1), (47_104, 1, 17)),
        ],
    )
    def test_pw_09_refuses_parameters_out_of_bounds(
        self, pool: HashingPool, memory: int, passes: int, lanes: int
    ) -> None:
        with pytest.raises(ValueError, match="46 to 256 MiB"):
            Argon2PasswordHasher(pool=pool, memory=memory, passes=passes, lanes=lanes)

    async def test_pw_09_can_be_made_dearer(self, pool: HashingPool) -> None:
        hasher = Argon2PasswordHasher(pool=pool, memory=65_536, passes=2, lanes=2)
        hashed = await hasher.hash(Password("correct horse"))

        assert hashed.startswith("$argon2id$v=19$m=65536,t=2,p=2$")
        assert await hasher.verify(Password("correct horse"), hashed)


class TestEitherHasher:
    @pytest.mark.parametrize(("text", "hashed"), PUBLISHED)
    async def test_verifies_what_other_software_wrote(
        self, either: PooledPasswordHasher, text: str, hashed: str
    ) -> None:
        stored = PasswordHash(hashed)

        assert await either.verify(Password(text), stored)
        assert not await either.verify(Password(text + "x"), stored)
        assert either.scheme_of(stored) not in (None, either.scheme)

    @pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
    async def test_verifies_imported_bcrypt(
        self, either: PooledPasswordHasher, prefix: str
    ) -> None:
        hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
        stored = PasswordHash(prefix + hashed[4:])

        assert await either.verify(Password("correct horse"), stored)
        assert either.scheme_of(stored) == f"{prefix}04$"

    async def test_pw_04_refuses_more_than_72_octets_against_imported_bcrypt(
        self, either: PooledPasswordHasher
    ) -> None:
        """PW-04, X11: not cut, not a crash; exactly 72 still count."""
        stored = PasswordHash(bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode())

        assert await either.verify(Password("a" * 72), stored)
        assert not await either.verify(Password("a" * 73), stored)
        assert not await either.verify(Password("a" * 71 + "é"), stored)
        assert not await either.verify(Password("a" * 256), stored)

    async def test_pw_04_hashes_even_when_it_refuses(
        self, either: PooledPasswordHasher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """EN-02: an over-long password is refused as slowly as a wrong one."""
        calls: list[bytes] = []
        real = bcrypt.checkpw

        def counted(octets: bytes, stored: bytes) -> bool:
            calls.append(octets)
            return real(octets, stored)

        monkeypatch.setattr(bcrypt, "checkpw", counted)
        stored = PasswordHash(bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode())

        await either.verify(Password("a" * 73), stored)

        assert len(calls) == 1

    async def test_verifies_what_the_other_one_wrote(
        self, either: PooledPasswordHasher, pool: HashingPool
    ) -> None:
        for other in (BcryptPasswordHasher(pool=pool, cost=11), Argon2PasswordHasher(pool=pool)):
            hashed = await other.hash(Password("correct horse"))

            assert await either.verify(Password("correct horse"), hashed)
            assert not await either.verify(Password("wrong horse"), hashed)

    @pytest.mark.parametrize(
        "scheme",
        [
            *("$bcrypt-sha256$v=2,t=2b,r=12$", "$2b$10$", "$2a$12$", "$2y$11$"),
            *("$argon2id$v=19$m=47104,t=1,p=1$", "$argon2id$v=19$m=65536,t=3,p=4$"),
        ],
    )
    def test_makes_decoys_of_every_scheme_without_hashing(
        self, either: PooledPasswordHasher, scheme: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bcrypt, "hashpw", None)

        decoy = either.decoy(PasswordScheme(scheme))

        assert either.scheme_of(decoy) == scheme

    @pytest.mark.parametrize("scheme", ["$bcrypt-sha256$v=2,t=2b,r=4$", "$2b$04$"])
    async def test_spends_the_work_on_a_decoy(
        self, either: PooledPasswordHasher, scheme: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcomes: list[bool] = []
        real = bcrypt.hashpw

        def recomputed(octets: bytes, stored: bytes) -> bool:
            outcomes.append(real(octets, stored) == stored)  # raises for a malformed decoy
            return False

        monkeypatch.setattr(bcrypt, "checkpw", recomputed)
        for _ in range(50):
            assert not await either.verify(Password("x"), either.decoy(PasswordScheme(scheme)))

        assert outcomes == [False] * 50  # and none was refused before the work was done

    async def test_pw_06_tells_compatibility_forms_apart(
        self, either: PooledPasswordHasher
    ) -> None:
        """PW-06: NFC and nothing else."""
        hashed = await either.hash(Password.typed("caf\u00e9 au lait"))

        assert await either.verify(Password.typed("cafe\u0301 au lait"), hashed)
        assert not await either.verify(Password.typed("caf\u00e9 au lai\uff54"), hashed)

    @pytest.mark.lengthy
    async def test_p122_never_mixes_parallel_verdicts(self, either: PooledPasswordHasher) -> None:
        """P122, CVE-2013-1895: 5,000 parallel verifications, right and wrong ones mixed."""
        dice = random.Random(7)
        hashes = [PasswordHash(BcryptSha256.hash(str(n).encode(), cost=4)) for n in range(20)]
        questions = [(dice.randrange(20), dice.randrange(20)) for _ in range(2500)]
        questions += [(n % 20, n % 20) for n in range(2500)]
        dice.shuffle(questions)

        verdicts = await asyncio.gather(
            *(either.verify(Password(str(typed)), hashes[of]) for typed, of in questions)
        )

        assert verdicts == [typed == of for typed, of in questions]


class TestArgon2Library:
    def test_is_not_loaded_before_it_is_needed(self) -> None:
        script = (
            "import sys; import hexkey.adapters.crypto.bcrypt_hasher; "
            "sys.exit('argon2' in sys.modules)"
        )

        assert subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT).returncode == 0


class TestPasswordPolicy:
    def test_pw_01_asks_for_8_code_points(self) -> None:
        with pytest.raises(PasswordTooShort):
            PasswordPolicy().accept("a" * 7)
        assert PasswordPolicy().accept("a" * 8)

    def test_pw_01_asks_for_15_by_setting(self) -> None:
        with pytest.raises(PasswordTooShort):
            PasswordPolicy(minimum=15).accept("a" * 14)
        assert PasswordPolicy(minimum=15).accept("a" * 15)

    @pytest.mark.parametrize("minimum", [7, 1, 0, -8])
    def test_pw_01_cannot_be_set_below_8(self, minimum: int) -> None:
        with pytest.raises(ValueError, match="not safe"):
            PasswordPolicy(minimum=minimum)

    def test_pw_02_counts_code_points(self) -> None:
        assert PasswordPolicy().accept("\U0001f600" * 8)
        with pytest.raises(PasswordTooShort):
            PasswordPolicy().accept("\U0001f600" * 7)

    def test_pw_02_counts_after_composition(self) -> None:
        with pytest.raises(PasswordTooShort):
            PasswordPolicy().accept("e\u0301" * 7)

    def test_pw_03_takes_256_code_points_and_1024_octets(self) -> None:
        for text in ("a" * 64, "a" * 256, "\U0001f600" * 256):
            assert PasswordPolicy().accept(text).text == text
        for text in ("a" * 257, "\U0001f600" * 257, "a" * 1_000_000):
            with pytest.raises(PasswordTooLong):
                PasswordPolicy().accept(text)

    def test_pw_05_has_no_rules_of_composition(self) -> None:
        for text in ("kqzjxvwpyfblmno", " leading and trailing ", "!!!!????", "пароль-пароль"):
            assert PasswordPolicy().accept(text).text == text

    @pytest.mark.parametrize("control", ["\0", "\n", "\r", "\x1b", "\x7f", "\x85", "\ud800"])
    def test_pw_05_refuses_only_what_keyboards_cannot_type(self, control: str) -> None:
        with pytest.raises(PasswordInvalid):
            PasswordPolicy().accept("password" + control)

    def test_pw_07_refuses_what_everybody_knows_of_the_user(self) -> None:
        about = frozenset({"alice.liddell", "alice.liddell@example.com", "Alice Liddell"})
        policy = PasswordPolicy(service_name="Wonderland")
        for text in ("ALICE.LIDDELL", "alice.liddell@EXAMPLE.com", "alice liddell", "wonderland"):
            with pytest.raises(PasswordCommon):
                policy.accept(text, about_user=about)
        assert policy.accept("alice liddell!", about_user=about)

    def test_never_shows_the_password(self) -> None:
        assert "hunter2" not in repr(PasswordPolicy().accept("hunter2 hunter2"))
        with pytest.raises(PasswordRejected) as refusal:
            PasswordPolicy().accept("hunter2")
        assert "hunter2" not in f"{refusal.value} {refusal.value!r}"
