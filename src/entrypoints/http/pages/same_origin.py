"""Whether a form was sent by a page of ours.

These pages know no cookie, so another site has nothing of its visitor's to ride on; still nobody
else's page shall press their buttons (OWASP, cross-site request forgery).
"""

from urllib.parse import urlsplit

from fastapi import Request

from hexkey.entrypoints.http.refusals import ForeignRequest


def ensure_same_origin(request: Request, *, public_url: str) -> None:
    """Let through only what a browser says was sent from this origin.

    `Sec-Fetch-Site` decides, because no page can forge it. Browsers leave it out where a site has
    no TLS (and before 2023): then the `Origin` decides, which must be that of the public URL or of
    the request's own host. Whoever sends neither is no browser, and has the JSON API.

    Raises:
        ForeignRequest: for another site, a sibling of ours, an opaque origin, or none.
    """
    sites = request.headers.getlist("sec-fetch-site")
    if sites:
        if sites != ["same-origin"]:
            raise ForeignRequest
        return
    origins = request.headers.getlist("origin")
    if len(origins) != 1 or origins[0] not in _own_origins(request, public_url):
        raise ForeignRequest


def _own_origins(request: Request, public_url: str) -> tuple[str, str]:
    public = urlsplit(public_url)
    # The gate has let this host in, so it is one of ours.
    host = f"{request.scope['scheme']}://{request.headers['host']}"
    return f"{public.scheme}://{public.netloc}".lower(), host.lower()
