"""Showing settings, queries and whatever else without the secrets in it."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

MASK = "********"

# Options of a database URL that anybody may see; a password can be an option, too.
_HARMLESS = frozenset(
    [
        *("application_name", "connect_timeout", "host", "port", "sslmode", "sslrootcert"),
        *("timeout", "tls"),
    ]
)

# Values of a query that anybody may see; a code, a token or a state is as good as a password.
_PLAIN_QUERY = frozenset(["limit", "status", "type", "outcome", "since", "until", "tag", "wait"])

_MAX_QUERY_LENGTH = 1000

# Two parts or more of what base64url consists of, the first with `eyJ` (`{"`) in it: `%3DeyJ`, too.
_SIGNED = (
    r"(?<![A-Za-z0-9_-])((?:(?!eyJ)[A-Za-z0-9_-])*+)"
    r"eyJ[A-Za-z0-9_-]++\.[A-Za-z0-9_-]++\.[A-Za-z0-9_.-]*+"
)

# What looks like a secret wherever it stands: our own tokens and those of others, credentials in
# headers and URLs, and values that are called secrets. Whoever sends a request chooses some of the
# text, so none may take a time that grows with the square of its length: a pattern begins with
# letters of its own and gives up within a bounded number of characters, or takes what it has read
# with it; or it begins only where a run of characters does, and no two runs overlap.
_SECRETS = (
    (re.compile(r"(hxk_[a-z0-9]{2,8}_)[A-Za-z0-9_-]+"), rf"\1{MASK}"),
    (re.compile(r"(whsec_)[A-Za-z0-9+/=]+"), rf"\1{MASK}"),
    (re.compile(_SIGNED), rf"\1{MASK}"),
    (re.compile(r"\b(bearer|basic)([ \t]+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1\2{MASK}"),
    (re.compile(r"(://[^/\s:@]{0,200}:)[^/\s@]{1,200}@"), rf"\1{MASK}@"),
    (
        re.compile(
            r"\b(code|token|state|id_token_hint|access_token|refresh_token|client_secret|password"
            r"|secret)=[^&\s\"']+",
            re.IGNORECASE,
        ),
        rf"\1={MASK}",
    ),
)


def scrubbed(text: str) -> str:
    """`text` without what looks like a secret in it."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def masked_query(query: bytes) -> str:
    """A query of a request as the log may have it: every name, and the values that are harmless."""
    text = query[:_MAX_QUERY_LENGTH].decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=None)
    shown = [(name, it if name in _PLAIN_QUERY else MASK) for name, it in pairs]
    return urlencode(shown, safe="*")


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
