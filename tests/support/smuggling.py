"""Requests that two readers could read differently, and paths that they could."""

from tests.support.wire import HOST

HIDDEN = b"GET /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
POST = b"POST /sessions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

# Whoever serves one of these has misread it, or will be misread.
SMUGGLED = {
    "CL and TE": POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "TE and CL": POST + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 4\r\n\r\n",
    "two equal lengths": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 0\r\n\r\n",
    "a signed length": POST + b"Content-Length: +0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x0\r\n\r\n",
    "a length beyond 64 bits": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "TE : chunked": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "obs-fold": POST + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a bad end of a chunk": POST + CHUNKED + b"\r\n1\r\nxx\r\n0\r\n\r\n",
    "a huge chunk": POST + CHUNKED + b"\r\nfffffffffffffffff\r\nx",
    "a space before the colon": b"GET /livez HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    "HTTP/3.0": b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
# A server with nobody in front of it refuses these as well; a proxy may read them and write what
# it has read down properly.
TOLERATED = {
    "bare line feeds": POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "an empty name": b"GET /livez HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "a bad size of a chunk": POST + CHUNKED + b"\r\n1 1\r\nx\r\n0\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

# Spellings of paths that need a credential.
PATHS = [
    *(b"//users/me", b"/users//me", b"/./users/me", b"/users/./me", b"/livez/../users/me"),
    *(b"/%2e/users/me", b"/livez/%2e%2e/users/me", b"/users%2fme", b"/users/%6de", b"/%75sers/me"),
    *(
        b"/users/me/",
        b"/users/me;x",
        b"/users;x/me",
        b"/USERS/ME",
        b"/users/me%00",
        b"/users/me%20",
    ),
    *(b"/users/me?x=/livez", b"/users/me#/livez", b"/livez/..;/users/me", b"\\users\\me"),
    *(b"/admin/users", b"//admin/users", b"/admin//users", b"/admin/%75sers", b"/ADMIN/users"),
    *(b"/livez/%2e%2e%2fadmin%2fusers", b"/.well-known/../admin/users", b"/admin/users/"),
    *(b"http://127.0.0.1/admin/users", b"/admin%2fusers", b"/admin/./users", b"/%2fadmin/users"),
]


def for_host(request: bytes, host: bytes) -> bytes:
    """The same request to another host."""
    return request.replace(b"Host: 127.0.0.1", b"Host: " + host)
