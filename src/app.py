"""Puts the rooms together into one ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from . import jobs, logs
from .errors import Busy
from .graph.door import GraphQLDoor
from .graph.door import refuse as graphql_refusal
from .jobs import Job
from .middleware import Edge, Refuse, refuse_in_words
from .models import database
from .scim import openapi
from .scim.exchange import refuse as scim_refusal
from .scim.routes import scim_app
from .services import health
from .services.provisioning_log import Buffer
from .services.token_uses import TokenUses
from .settings import Settings, tortoise_config

_REFUSALS: dict[str, Refuse] = {"/graphql": graphql_refusal, "/scim/v2": scim_refusal}


def create_app(settings: Settings) -> Starlette:
    """The whole service. An application that mounts it runs its `router.lifespan_context` beside its own."""

    log_buffer = Buffer(events_max=settings.provisioning_log_waiting_max)
    token_uses = TokenUses()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            await database.open(tortoise_config(settings))
            async with jobs.running(*_jobs(settings, log_buffer, token_uses)):
                yield
        finally:
            await database.close()

    app = Starlette(
        routes=[
            Route("/", _about),
            Route("/healthz", _alive),
            Route("/readyz", _ready),
            Route("/openapi/scim.json", _openapi(settings)),
            Route("/graphql", GraphQLDoor(settings, token_uses)),
            Mount("/scim/v2", scim_app(settings, log_buffer=log_buffer, token_uses=token_uses)),
        ],
        middleware=[
            Middleware(
                Edge,
                requests_in_flight_max=settings.requests_in_flight_max,
                url_bytes_max=settings.url_bytes_max,
                refusals=_REFUSALS,
            )
        ],
        exception_handlers={HTTPException: _on_http_exception},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _jobs(settings: Settings, log_buffer: Buffer, token_uses: TokenUses) -> list[Job]:
    return [
        Job(
            name="provisioning log",
            work=log_buffer.flush,
            every_seconds=settings.provisioning_log_flush_seconds,
            everywhere=True,
            at_the_end=True,
        ),
        Job(
            name="token uses",
            work=token_uses.flush,
            every_seconds=settings.token_use_flush_seconds,
            everywhere=True,
            at_the_end=True,
        ),
        Job(
            name="provisioning log retention",
            work=jobs.forget_provisioning_events(after_days=settings.provisioning_log_retention_days),
            every_seconds=jobs.RETENTION_EVERY_SECONDS,
        ),
    ]


def _openapi(settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    # Made when first asked for, and then kept.
    text = cache(lambda: orjson.dumps(openapi.document(settings)))

    async def answer(request: Request) -> Response:
        return Response(text(), media_type="application/json")

    return answer


async def _about(request: Request) -> Response:
    return JSONResponse(
        {
            "name": "Tenantry",
            "version": version("tenantry"),
            "graphql": "/graphql",
            "scim": "/scim/v2",
            "openapi": "/openapi/scim.json",
        }
    )


async def _alive(request: Request) -> Response:
    """The process answers; whether it can work is asked at /readyz."""
    return JSONResponse({"status": "alive"})


async def _ready(request: Request) -> Response:
    """The database takes a write: a full disk or a lost database says no here, and yes again when it is mended."""
    try:
        await health.check()
    except Busy as error:
        headers = {"Retry-After": str(error.retry_after_seconds)}
        return JSONResponse({"status": "unavailable", "detail": error.detail}, status_code=503, headers=headers)
    return JSONResponse({"status": "ready"})


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # Also for paths that are no door's although they begin like one: a line break in it, and no route is found.
    response = refuse_in_words(_REFUSALS, request.scope)(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


def __getattr__(name: str) -> Any:
    # For `uvicorn tenantry.app:app`: made from the environment when asked for, and only once.
    if name != "app":
        raise AttributeError(name)
    settings = Settings()
    logs.configure(settings)
    globals()["app"] = create_app(settings)
    return globals()["app"]
