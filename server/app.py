"""The application: everything meets here, once."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ASGIApp, Receive, Scope, Send

from server import clock, db, feed, jobs, web, words
from server.catalog import queries as catalog
from server.config import settings
from server.handlers import routes
from server.ids import digest
from server.migrate import run_migrations
from server.people import authenticating
from server.people import queries as people

log = logging.getLogger("stockhand")

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def create_app(url: str | None = None) -> Litestar:
    """The application on the database at `url` (default: the settings'), migrated when it starts."""
    return Litestar(
        route_handlers=[health, *routes()],
        lifespan=[_on_database],
        state=State({"database_url": url or settings().database_url}),
        middleware=[_signed_in],
        exception_handlers={HTTPException: refuse, Exception: apologise},
        response_headers=HEADERS,
        openapi_config=None,
        request_max_body_size=64 * 1024 * 1024,
    )


@asynccontextmanager
async def _on_database(app: Litestar) -> AsyncIterator[None]:
    # A push makes thousands of small values that die at once; looking after every 700 of them costs a tenth.
    gc.set_threshold(20_000, 20, 20)
    await db.open_database(app.state.database_url)
    try:
        await run_migrations()
        async with _jobs():
            yield
    finally:
        await db.close_database()


@asynccontextmanager
async def _jobs() -> AsyncIterator[None]:
    """The job queue inside this process, unless a worker of its own looks after it."""
    if settings().jobs != "embedded":
        yield
        return
    async with jobs.running():
        yield


@get("/health", opt={"public": True})
async def health() -> dict[str, Any]:
    """Ready to serve: the database answers."""
    head = await feed.head()
    return {"status": "ok", "generation": head.generation, "seq": head.seq}


def _signed_in(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = await visitor(scope)
        await app(scope, receive, send)

    return middleware


async def visitor(scope: Scope) -> web.Visitor | None:
    """Whom the session cookie belongs to, when it is still good."""
    # Devices send none; building the headers only to see that costs each scan 5 µs.
    if all(name != b"cookie" for name, _ in scope["headers"]):
        return None
    cookies = ASGIConnection[Any, Any, Any, Any](scope).cookies
    token = cookies.get(web.COOKIE)
    if not token:
        return None
    row = await people.session(digest(token), clock.now())
    if row is None:
        return None
    await authenticating.stay(row["id"], row["seen_at"])
    everywhere = bool(row["sees_all_warehouses"])
    return web.Visitor(
        id=row["user_id"],
        name=row["name"],
        role=row["role"],
        language=row["language"],
        session=row["id"],
        form_token=row["form_token"],
        warehouses=None if everywhere else await catalog.warehouses_of(row["user_id"]),
    )


def refuse(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """An expected refusal: a page for people, problem details (RFC 9457) for programs."""
    if _wants_json(request):
        return web.problem(error.status_code, error.detail, getattr(error, "extra", None))
    if isinstance(error, NotAuthorizedException):
        return _to_sign_in(request)
    language = web.language_of(request)
    key = f"errors.{error.status_code}"
    message = words.t(key if words.has(key) else "errors.other", language)
    return web.page(
        request, "errors/error.html", status=error.status_code, code=error.status_code, message=message
    )


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    if request.headers.get("HX-Request"):
        return Response("", status_code=401, headers={"HX-Redirect": "/sign-in"}, media_type=MediaType.HTML)
    if request.method == "GET":
        return Response("", status_code=303, headers={"Location": f"/sign-in?next={request.url.path}"})
    return web.page(request, "errors/error.html", status=401, code=401, message=words.t("errors.401", "zh"))


def apologise(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A bug: log it whole, say so without telling secrets."""
    if isinstance(error, db.PASSING):
        return _come_again(request, error)
    log.exception("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    if _wants_json(request):
        return web.problem(500, "internal error")
    message = words.t("errors.500", web.language_of(request))
    return web.page(request, "errors/error.html", status=500, code=500, message=message)


def _come_again(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away or full for a moment: nothing was taken, and trying again is right."""
    log.error("the database did not answer at %s %s: %s", request.method, request.url.path, error)
    if _wants_json(request):
        answer = web.problem(503, "the database is not available, come again")
    else:
        message = words.t("errors.503", web.language_of(request))
        answer = web.page(request, "errors/error.html", status=503, code=503, message=message)
    answer.headers["Retry-After"] = "2"
    return answer


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return path.startswith(("/sync/", "/print/", "/api/")) or path == "/health"
