"""What browsers and programs call themselves, for people."""

from hexkey.application.ports.devices import DeviceNames

UNKNOWN = "Unknown device"


class ParsedDeviceNames(DeviceNames):
    """Browser and system as the patterns of ua-parser know them.

    The patterns are loaded on first use: most workers never show a list of sessions.
    """

    def name(self, user_agent: str | None) -> str:
        if not user_agent:
            return UNKNOWN
        from ua_parser import parse  # noqa: PLC0415  # several MiB that most workers never need

        found = parse(user_agent)
        agent, system = found.user_agent, found.os.family if found.os else ""
        browser = _joined(agent.family, agent.major) if agent else ""
        if agent and agent.family == system:
            return browser  # no "Android 14 on Android"
        return " on ".join(part for part in (browser, system) if part) or UNKNOWN


def _joined(family: str, major: str | None) -> str:
    return f"{family} {major}" if major else family
