"""Showing settings without their secrets."""

from urllib.parse import parse_qsl, urlencode, urlsplit

MASK = "********"

# Options of a database URL that anybody may see; a password can be an option, too.
_HARMLESS = frozenset(
    [
        *("application_name", "connect_timeout", "host", "port", "sslmode", "sslrootcert"),
        *("timeout", "tls"),
    ]
)


def masked_url(url: str) -> str:
    """`url` without its password; nothing of it if it cannot be told where that ends."""
    if url.startswith("sqlite"):
        return url  # a path; there is nobody to sign in to
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return MASK
    # An unescaped slash, question mark or hash in a password moves its rest out of the authority.
    if "@" in f"{parts.path}{parts.query}" or parts.fragment:
        return MASK
    authority = parts.netloc
    if password is not None:
        authority = f"{parts.username or ''}:{MASK}@{authority.rpartition('@')[2]}"
    options = [(name, _option(name, it)) for name, it in parse_qsl(parts.query, True)]
    query = f"?{urlencode(options, safe='*/')}" if options else ""
    return f"{parts.scheme}://{authority}{parts.path}{query}"


def _option(name: str, value: str) -> str:
    return value if name in _HARMLESS else MASK
