"""Names that people recognize their devices by."""

from typing import Protocol


class DeviceNames(Protocol):
    """Reads what clients say of themselves.

    Held by `tests/contracts/device_names.py`. May take a second the first time.
    """

    def name(self, user_agent: str | None) -> str:
        """A short name such as `Firefox 140 on Linux`; never empty, whatever is given."""
        ...
