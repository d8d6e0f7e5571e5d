"""Changing the master secret of a deployment while it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hexkey.application.keys.resealing import Resealed
from hexkey.domain.audit.event import AuditType
from hexkey.entrypoints.cli.deployment import configured, run
from hexkey.entrypoints.cli.refusals import CommandRefused
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.first_start import (
    has_generated_secret,
    kept_secret_file,
)
from hexkey.entrypoints.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterRotation:
    """How far a rotation is.

    Attributes:
        webhooks: how many secrets of webhooks were sealed anew.
        begun: whether this call made the new secret.
        wait: how long clients may still hold what the previous secret made, counted from the
            restart of the last server.
        previous: where the previous secret is.
    """

    keys: Resealed
    webhooks: int
    begun: bool
    wait: timedelta
    previous: str

    def as_row(self) -> dict[str, Any]:
        """For programs."""
        return {
            "keys": self.keys.total,
            "resealed": self.keys.changed,
            "webhooks_resealed": self.webhooks,
            "begun": self.begun,
            "previous": self.previous,
            "keep_previous_seconds": self.wait // timedelta(seconds=1),
        }

    def sentences(self) -> Iterator[str]:
        """For people: what was done, and what is left to do."""
        if self.begun:
            yield f"A new master secret was made; the one before is kept in {self.previous}."
        yield (
            f"{self.keys.changed} of {self.keys.total} keys and {self.webhooks} secrets of "
            "webhooks were sealed anew; all of them are under the present master secret."
        )
        yield ""
        yield "What is left to do:"
        yield "  1. Restart every server that has run since before the secret was changed."
        yield "  2. Run this command again: it seals what such a server made meanwhile."
        yield f"  3. {_in_words(self.wait)} after that, take {self.previous} away:"
        yield "     whoever has not refreshed their session by then has to sign in again."


def rotate_master_secret() -> MasterRotation:
    """Seal every key under the present secret, which is made if Hexkey makes it.

    Raises:
        CommandRefused: if there is no other secret to come from.
        UnusableKey: if a key is sealed under neither secret; none was made then.
    """
    settings = configured()
    made_here = has_generated_secret(settings) and not _names_previous(settings)
    if not made_here and not _names_previous(settings):
        raise CommandRefused(
            "no_previous_secret",
            "There is no secret to come from: set HEXKEY_MASTER_SECRET to the new one and "
            "HEXKEY_MASTER_SECRET_PREVIOUS to the one before, restart the servers, and try again.",
        )
    sealed = _reseal()  # also proves that this process can open every key and secret
    begun = made_here and build_container(settings).begin_secret_rotation()()
    keys, webhooks = _reseal() if begun else sealed
    return MasterRotation(
        keys=keys,
        webhooks=webhooks,
        begun=begun,
        wait=_life_of_tokens(settings),
        previous=str(kept_secret_file(settings)) if made_here else "HEXKEY_MASTER_SECRET_PREVIOUS",
    )


def _reseal() -> tuple[Resealed, int]:
    async def deed(container: Container) -> tuple[Resealed, int]:
        keys = await container.reseal_keys()()
        webhooks = await container.reseal_webhook_secrets()()
        await container.seal_audit_trail().reseal()
        details = {"keys": str(keys.changed), "webhooks": str(webhooks)}
        event = container.audit().event(
            AuditType.MASTER_ROTATED, at=container.clock().now(), details=details
        )
        await container.audit_archive().add([event])
        return keys, webhooks

    return run(deed)


def _names_previous(settings: Settings) -> bool:
    given = settings.master_secret_previous or settings.master_secret_previous_file
    return given is not None


def _life_of_tokens(settings: Settings) -> timedelta:
    """A refresh token may be used until its session has been idle, or has lasted, for too long."""
    idle = settings.refresh_token_idle + settings.access_token_ttl
    return timedelta(seconds=min(idle, settings.refresh_token_ttl))


def _in_words(time: timedelta) -> str:
    hours = -(-time // timedelta(hours=1))
    return f"{hours // 24} days and {hours % 24} hours" if hours >= 24 else f"{hours} hours"  # noqa: PLR2004
