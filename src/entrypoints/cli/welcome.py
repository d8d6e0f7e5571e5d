"""What `hexkey serve` tells whoever started it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import typer

from hexkey.entrypoints.cli.listening import Address
from hexkey.entrypoints.first_start import generated_secret_file
from hexkey.entrypoints.masking import masked_url
from hexkey.entrypoints.setting_values import is_loopback
from hexkey.entrypoints.settings import Settings

_DEFAULT_PORTS = {"http": 80, "https": 443}


def announce(settings: Settings, address: Address, *, setup_token: str | None = None) -> None:
    """Say where the service is and, in development, what to do next.

    Args:
        setup_token: the only secret that is ever said, and only as long as there has never been an
            administrator: whoever starts the server may make the first one.
    """
    lines = _in_production if settings.in_production else _in_development
    typer.echo("\n".join([*lines(settings, address), *_set_up(setup_token, address)]))


def _set_up(token: str | None, address: Address) -> Iterator[str]:
    if token is None:
        return
    yield ""
    yield "There is no administrator yet. Make the first one, once, with this set-up token:"
    yield f"  curl {address.url}/setup -H 'Content-Type: application/json' \\"
    yield f'    -d \'{{"token": "{token}", "username": "…", "password": "…"}}\''
    yield "or by a command: hexkey users create --username … --admin"


def _in_production(settings: Settings, address: Address) -> Iterator[str]:
    yield f"Hexkey serves on {address.url} for {settings.public_url}."


def _in_development(settings: Settings, address: Address) -> Iterator[str]:
    url = address.url
    yield f"Hexkey serves on {url} (Ctrl-C stops it)."
    yield ""
    yield f"  data     {_data(settings)}"
    yield f"  secret   {_secret(settings)}"
    yield f"  mail     {_mail(settings)}"
    if settings.serves_docs:
        yield f"  try it   {url}{settings.root_path}/docs"
    yield ""
    yield from _first_steps(settings, url)
    if _answers_elsewhere(settings, address):
        yield ""
        yield (
            f"Tokens name {settings.public_url} as their issuer, but this is port {address.port}: "
            f"set HEXKEY_PUBLIC_URL={url}."
        )


def _first_steps(settings: Settings, url: str) -> Iterator[str]:
    if settings.registration in ("open", "verified"):
        yield "Register:"
        yield f"  curl {url}/users -H 'Content-Type: application/json' \\"
        yield '    -d \'{"username": "ada", "email": "ada@example.com", "password": "…"}\''
    elif settings.registration == "invited":
        yield "Registration is by invitation. Invite somebody:"
        yield "  hexkey users invite ada@example.com"
    else:
        yield "Registration is closed. Make a user:"
        yield "  hexkey users create --username ada"
    yield "Get a token:"
    if settings.password_form:
        yield f"  curl {url}/token -d username=ada --data-urlencode 'password=…'"
    else:
        yield f"  curl {url}/sessions -H 'Content-Type: application/json' \\"
        yield '    -d \'{"login": "ada", "password": "…"}\''


def _data(settings: Settings) -> str:
    if settings.storage == "memory":
        return "in memory: everything is forgotten when the server stops"
    return masked_url(settings.database)


def _secret(settings: Settings) -> str:
    if settings.master_secret is not None:
        return "HEXKEY_MASTER_SECRET"
    if settings.master_secret_file is not None:
        return str(settings.master_secret_file)
    if settings.storage == "memory":
        return "made for this process"
    return f"{generated_secret_file(settings)} (keep it: without it no token and no key is valid)"


def _mail(settings: Settings) -> str:
    match settings.mail:
        case "smtp":
            return masked_url(settings.smtp_url.get_secret_value() if settings.smtp_url else "")
        case "file":
            return f"files in {settings.mail_dir}"
    return "is printed here"


def _answers_elsewhere(settings: Settings, address: Address) -> bool:
    if not is_loopback(settings.public_url):
        return False  # a proxy stands in front, and its port is its own business
    public = urlsplit(settings.public_url)
    return (public.port or _DEFAULT_PORTS[public.scheme]) != address.port
