"""Device tokens that nobody has to store: an id, under a key of ours and for one account."""

import hmac
import re
import zlib

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.application.ports.authentication import DeviceTokens
from hexkey.domain.accounts.user import User

PREFIX = "hxk_dev_"  # what secret scanners look for
TOKEN_LENGTH = len(PREFIX) + 72

_MAC_OCTETS, _SUM_OCTETS = 32, 4
_VERSION = b"\x00\x01"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class KeyedDeviceTokens(DeviceTokens):
    """`hxk_dev_` and base64url of version, device, HMAC-SHA-256 and CRC-32.

    54 octets are 72 characters without a bit to spare, so a token has one spelling. The account,
    and how many passwords it has had, go into the MAC and not into the token: it tells nobody
    whose it is, and a new password makes every device a stranger.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._keys = derived.readable(Purpose.DEVICE_TOKENS)

    def write(self, device: str, user: User) -> str:
        if not _UUID.fullmatch(device):
            raise ValueError("a device id that is no UUID in canonical form")
        head = _VERSION + bytes.fromhex(device.replace("-", ""))
        body = head + _mac(self._keys[0], head, user)
        return PREFIX + base64url.encode(body + _sum(body))

    def read(self, token: str, user: User) -> str | None:
        if len(token) != TOKEN_LENGTH or not token.startswith(PREFIX):
            return None
        try:
            octets = base64url.decode(token[len(PREFIX) :])
        except ValueError:
            return None
        body, checksum = octets[:-_SUM_OCTETS], octets[-_SUM_OCTETS:]
        head, given = body[:-_MAC_OCTETS], body[-_MAC_OCTETS:]
        # Each key is tried, so that the time does not tell which one it was.
        ours = [hmac.compare_digest(_mac(key, head, user), given) for key in self._keys]
        if checksum != _sum(body) or not any(ours) or head[: len(_VERSION)] != _VERSION:
            return None
        return _text_of(head[len(_VERSION) :])


def _text_of(octets: bytes) -> str:
    digits = octets.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _mac(key: bytes, head: bytes, user: User) -> bytes:
    account = f"{user.id}.{user.credential_version}"
    return hmac.digest(key, PREFIX.encode("ascii") + head + account.encode("utf-8"), "sha256")


def _sum(body: bytes) -> bytes:
    return zlib.crc32(PREFIX.encode("ascii") + body).to_bytes(_SUM_OCTETS)
