"""Password hashing with nothing around it: the limit that no server can pass.

`python bare_hash.py SCHEME THREADS SECONDS` prints verifications per second.
"""

import base64
import hashlib
import hmac
import sys
import threading
import time
from collections.abc import Callable

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


def hash_of(scheme: str, password: str) -> str:
    """A fresh hash of `password`, as the peers store it."""
    family, *numbers = scheme.split("-")
    if family == "bcrypt":
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(int(numbers[0]))).decode()
    return _argon2(*map(int, numbers)).hash(password)


def verifier(scheme: str) -> Callable[[], bool]:
    """One verification of a right password.

    Args:
        scheme: `bcrypt-COST`, `bcrypt_sha256-COST` or `argon2id-MEBIBYTES-PASSES-LANES`.
    """
    password = "bench-Zq81-vault-runner"
    family, *numbers = scheme.split("-")
    if family == "bcrypt_sha256":
        return _bcrypt_sha256(password, int(numbers[0]))
    stored = hash_of(scheme, password)
    if family == "bcrypt":
        return lambda: bcrypt.checkpw(password.encode(), stored.encode())
    hasher = _argon2(*map(int, numbers))
    return lambda: _argon2_matches(hasher, stored, password)


def _bcrypt_sha256(password: str, cost: int) -> Callable[[], bool]:
    salt = bcrypt.gensalt(cost)

    def digest() -> bytes:
        mac = hmac.digest(salt[-22:], password.encode(), hashlib.sha256)
        return bcrypt.hashpw(base64.b64encode(mac), salt)

    stored = digest()
    return lambda: hmac.compare_digest(digest(), stored)


def _argon2(mebibytes: int, passes: int, lanes: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=mebibytes * 1024, time_cost=passes, parallelism=lanes)


def _argon2_matches(hasher: PasswordHasher, stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except VerifyMismatchError:
        return False


def rate(scheme: str, threads: int, seconds: float) -> float:
    """Verifications per second with `threads` at work, each counted in full."""
    verify, rates = verifier(scheme), [0.0] * threads
    start = threading.Barrier(threads)

    def work(index: int) -> None:
        start.wait()
        begin, done = time.perf_counter(), 0
        while not done or time.perf_counter() - begin < seconds:
            verify()
            done += 1
        rates[index] = done / (time.perf_counter() - begin)

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)


if __name__ == "__main__":
    print(rate(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
