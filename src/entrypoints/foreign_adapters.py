"""Adapters that come from a deployment's own packages."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from dependency_injector import providers

from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.settings import BadConfiguration, Settings

GROUP = "hexkey.adapters"

Factory = Callable[[Any], Any]
"""Makes an adapter; its one argument is the container, from which it takes what it needs."""


def install_foreign_adapters(container: Adapters, settings: Settings) -> None:
    """Put the adapters that the settings name in the place of our own.

    Raises:
        BadConfiguration: if a port or an adapter of that name does not exist.
    """
    for port, name in _chosen(settings).items():
        provider = _ports(container).get(port)
        if provider is None:
            known = ", ".join(sorted(_ports(container)))
            raise BadConfiguration(f"HEXKEY_ADAPTERS: there is no port {port}. Ports: {known}.")
        provider.override(providers.Singleton(_load(port, name), container))


def _chosen(settings: Settings) -> Mapping[str, str]:
    if settings.password_hasher in ("bcrypt", "argon2id"):
        return settings.adapters
    return {"password_hasher": settings.password_hasher, **settings.adapters}


def _ports(container: Adapters) -> dict[str, Any]:
    return {name: container.providers[name] for name in Adapters.providers if name != "settings"}


def _load(port: str, name: str) -> Factory:
    try:
        return _named(port, name)
    except (ImportError, AttributeError) as error:
        raise BadConfiguration(
            f"The adapter {name!r} for {port} cannot be imported: {error}."
        ) from None


def _named(port: str, name: str) -> Factory:
    module, colon, attribute = name.partition(":")
    if colon:
        return getattr(import_module(module), attribute)  # type: ignore[no-any-return]  # theirs
    found = entry_points(group=GROUP, name=f"{port}.{name}")
    if not found:
        raise BadConfiguration(
            f"No adapter {name!r} for {port} is installed: there is no entry point {port}.{name} "
            f"in the group {GROUP}."
        )
    return next(iter(found)).load()  # type: ignore[no-any-return]  # theirs
