"""Settings as they may be shown."""

from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hexkey.entrypoints.masking import MASK, masked_url
from hexkey.entrypoints.settings import Settings, setting_name, sources


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Name, value and source of every setting, in the order of the reference."""
    found = sources()
    return [
        {
            "name": setting_name(field),
            "value": _shown(field, getattr(settings, field)),
            "source": found[field],
        }
        for field in Settings.model_fields
    ]


def _shown(field: str, value: object) -> Any:
    match value:
        case SecretStr():
            secret = value.get_secret_value()
            return masked_url(secret) if field.endswith("_url") else MASK
        case Path():
            return str(value)
        case Enum():
            return value.value
        case tuple():
            return list(value)
        case dict():
            return [f"{port}={name}" for port, name in value.items()]
    return value
