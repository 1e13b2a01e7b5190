"""What every request passes on its way in and out, as plain ASGI (a BaseHTTPMiddleware would cancel inner tasks)."""

import re
from collections.abc import Callable, Mapping
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Refuse = Callable[[int, str], Response]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# An answer that sets one of these itself keeps its own.
PROTECTION = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
HTTPS_PROTECTION = (*PROTECTION, (b"strict-transport-security", b"max-age=31536000"))
PATH_CHARS_LOGGED = 200
RETRY_AFTER_SECONDS = 1

log = structlog.get_logger()


def refuse_plainly(status: int, detail: str) -> Response:
    """A refusal for paths that belong to no door."""
    return JSONResponse({"status": status, "detail": detail}, status_code=status)


def refuse_in_words(refusals: Mapping[str, Refuse], scope: Scope) -> Refuse:
    """How a refusal sounds at the path of a request: in the words of its door, if it is below one."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return next((refuse for prefix, refuse in refusals.items() if path.startswith(prefix)), refuse_plainly)


class Edge:
    """Gives each request an id, bounds URLs and their number, protects the answer, logs a line, answers 500 for a bug.

    refusals   how a refusal sounds below a path, for those that are made here: 414, 500 and 503
    """

    def __init__(
        self, app: ASGIApp, *, requests_in_flight_max: int, url_bytes_max: int, refusals: Mapping[str, Refuse]
    ) -> None:
        self.app = app
        self.requests_in_flight_max = requests_in_flight_max
        self.url_bytes_max = url_bytes_max
        self.refusals = refusals
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = perf_counter()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, finished = 0, False

        async def answer(message: Message) -> None:
            nonlocal status, finished
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _protected(message, scope, request_id)
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self._in_flight += 1
        try:
            respond = self._refused(scope) or self.app
            await respond(scope, receive, answer)
        except ClientDisconnect:
            log.info("request.abandoned", request_id=request_id)
        except Exception:
            log.exception("request.failed", request_id=request_id)
            if not status:
                await self._refusal(scope, 500, "Internal error")(scope, receive, answer)
            elif not finished:
                # Half an answer is out: only a broken connection can say that the rest is missing.
                raise
        finally:
            self._in_flight -= 1
            log.info(
                "request",
                method=scope["method"],
                # Without its query: filters and search terms name people.
                path=scope["path"][:PATH_CHARS_LOGGED],
                status=status,
                duration_ms=round((perf_counter() - started_at) * 1000, 2),
                request_id=request_id,
            )

    def _refused(self, scope: Scope) -> Response | None:
        if self._in_flight > self.requests_in_flight_max:
            refusal = self._refusal(scope, 503, "Too many requests at once")
            refusal.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return refusal
        if len(scope["raw_path"]) + len(scope["query_string"]) > self.url_bytes_max:
            return self._refusal(scope, 414, f"The URL is longer than {self.url_bytes_max} bytes")
        return None

    def _refusal(self, scope: Scope, status: int, detail: str) -> Response:
        return refuse_in_words(self.refusals, scope)(status, detail)


def _request_id(scope: Scope) -> str:
    """The id a proxy or client gave the request when it is a sane one, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid4().hex


def _protected(message: Message, scope: Scope, request_id: str) -> list[tuple[bytes, bytes]]:
    headers = list(message.get("headers", ()))
    names = {name for name, _ in headers}
    headers += [header for header in _protection(scope) if header[0] not in names]
    headers.append((b"x-request-id", request_id.encode()))
    if message["status"] == 413:
        # The rest of the body is still on its way; nobody will read it.
        headers.append((b"connection", b"close"))
    return headers


def _protection(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    return HTTPS_PROTECTION if scope["scheme"] == "https" else PROTECTION
