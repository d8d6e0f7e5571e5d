"""The FastAPI application."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

import hexkey
from hexkey.entrypoints.container import Container, build_container
from hexkey.entrypoints.http import devices, docs, operations, pages, revocations
from hexkey.entrypoints.http.admin import audit, roles, supervision, users
from hexkey.entrypoints.http.api import (
    accounts,
    api_keys,
    email_changes,
    invitations,
    leaving,
    recovery,
    sessions,
    setup,
)
from hexkey.entrypoints.http.client_address import ClientAddress
from hexkey.entrypoints.http.documentation import document
from hexkey.entrypoints.http.gate import Gate, request_ids
from hexkey.entrypoints.http.problems import install
from hexkey.entrypoints.http.protection import ensure_every_route_declares
from hexkey.entrypoints.http.runtime import Runtime
from hexkey.entrypoints.settings import Settings, load_settings

_DESCRIPTION = """
Register, authenticate and resolve users.

Every refusal is an RFC 9457 problem whose `code` is stable. Press **Authorize** to sign in.
"""


class Hexkey(FastAPI):
    """The application, with the gate around everything FastAPI puts into it.

    Attributes:
        container: adapters and use cases of this application, and of no other in the process.
        runtime: starts and stops it.
    """

    container: Container
    runtime: Runtime

    def build_middleware_stack(self) -> ASGIApp:
        """The gate is outermost, so that nothing is answered without it."""
        settings = self.container.settings()
        return Gate(
            app=super().build_middleware_stack(),
            request_ids=request_ids(self.container.ids().new()),
            hosts=settings.hosts,
            root_path=settings.root_path,
            client_address=self.state.client_address,
            ready=self.runtime.start,
            note=self.container.refusals().note,
            varies=bool(settings.cors_origins),
            access_log=settings.access_log,
        )


def create_app(settings: Settings | None = None, *, container: Container | None = None) -> Hexkey:
    """Build the application; it may be served, or mounted in another one.

    Args:
        settings: read from the environment when not given.
        container: built from the settings when not given.

    Raises:
        BadConfiguration: if the settings do not allow a start.
    """
    if container is None:
        container = build_container(settings or load_settings())
    settings = container.settings()
    runtime = Runtime(container)
    app = Hexkey(
        title=settings.service_name,
        summary="Self-hosted authentication",
        description=_DESCRIPTION,
        version=hexkey.__version__,
        lifespan=runtime.lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it exports whole queries
    )
    app.container = app.state.container = container
    app.state.client_address = ClientAddress(settings.trusted_proxies)
    app.state.limit_requests = container.limit_requests()
    app.runtime = runtime
    app.openapi = document(app, http_basic=settings.http_basic)  # type: ignore[method-assign]  # as FastAPI documents
    app.state.challenges = _challenges(settings)
    install(app, challenges=app.state.challenges)
    _add_routes(app, settings)
    _add_cors(app, settings)
    return app


def _challenges(settings: Settings) -> list[str]:
    basic = ['Basic realm="hexkey", charset="UTF-8"'] if settings.http_basic else []
    return ["Bearer", *basic]


def _add_routes(app: FastAPI, settings: Settings) -> None:
    routers = [  # they are tried one after the other: first what is asked for with every page
        accounts.router,
        sessions.router,
        recovery.router,
        email_changes.router,
        leaving.router,
        invitations.router,
        api_keys.router,
        setup.router,
        users.router,
        supervision.router,
        roles.router,
        audit.router,
        operations.router,
        revocations.router,
        *pages.ROUTERS,
    ]
    if settings.password_form:
        routers.append(sessions.form_router)
    if settings.serves_docs:
        routers.append(docs.router)
    for router in routers:
        app.router.routes.extend(router.routes)
    ensure_every_route_declares(app.routes)


def _add_cors(app: FastAPI, settings: Settings) -> None:
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", devices.HEADER],
            expose_headers=[
                *("Location", "Retry-After", "WWW-Authenticate", "X-Request-Id"),
                *(devices.HEADER, "RateLimit", "RateLimit-Policy"),
            ],
            max_age=600,
        )
