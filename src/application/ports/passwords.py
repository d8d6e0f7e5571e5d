"""Passwords at rest, and the ones that nobody should choose."""

from typing import Protocol

from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme


class PasswordHasher(Protocol):
    """A slow, salted, one-way function of a password.

    An implementation knows one scheme for new hashes and may know several for old ones. It runs
    off the event loop, and refuses when too much waits already.
    """

    @property
    def scheme(self) -> PasswordScheme:
        """Algorithm and parameters of every new hash."""
        ...

    async def hash(self, password: Password) -> PasswordHash:
        """Hash with a fresh salt, so that two calls never return the same value.

        Raises:
            HashingOverloaded: if the queue is full; nothing was computed.
        """
        ...

    async def verify(self, password: Password, hashed: PasswordHash) -> bool:
        """Whether `hashed` came from `password`; takes as long for wrong as for right.

        False for what is no hash of a scheme it knows.

        Raises:
            HashingOverloaded: if the queue is full; nothing was computed.
        """
        ...

    def scheme_of(self, hashed: PasswordHash) -> PasswordScheme | None:
        """What `hashed` was made with; `None` if no scheme that this hasher can verify."""
        ...

    def decoy(self, scheme: PasswordScheme) -> PasswordHash:
        """A well-formed hash of no password: to verify against it fails, and costs the same.

        Raises:
            ValueError: if this hasher cannot verify `scheme`.
        """
        ...


class CommonPasswords(Protocol):
    """The passwords an attacker tries before any other."""

    def contains(self, password: Password) -> bool:
        """Whether it is on the list, whole and without regard to case."""
        ...


class BreachesUnanswered(Exception):
    """A collection of breached passwords could not be asked; the log says why."""


class BreachedPasswords(Protocol):
    """The passwords that other services have lost, as far as somebody has collected them."""

    async def contains(self, password: Password) -> bool:
        """Whether it is known, to the letter.

        Takes two seconds at most. One unknown password in very many may be taken for a known one.

        Raises:
            BreachesUnanswered: if no answer can be had; nobody is kept from choosing by that.
        """
        ...
