"""Static files, the service worker and the shell of the hand app: all that a device keeps."""

import gzip
import mimetypes
from functools import cache
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server import web

FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = (".js", ".css", ".svg", ".json", ".wasm", ".webmanifest", ".html")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")

# Parts of the static folder that the hand app needs to start and work without a network.
SHELL_FOLDERS = ("edge", "js", "icons")
SHELL_VENDORED = ("htmx*.js", "lean-qr.js")
# Fetched after the start, when nobody waits: a megabyte that only the camera needs.
CAMERA_VENDORED = ("zxing/*.js", "zxing/reader/*.js", "zxing/*.wasm")
DESK_ONLY = (
    "js/elements/desk_search.js",
    "js/elements/kept_draft.js",
    "js/elements/line_editor.js",
    "js/elements/live_board.js",
    "js/money.js",
    "js/pasted.js",
    "icons/icon-512.png",
    "icons/maskable-512.png",
)


class File(msgspec.Struct, frozen=True):
    """A static file as it goes out; `zipped` is empty where compressing does not pay."""

    media_type: str
    plain: bytes
    zipped: bytes


@cache
def _file(path: str) -> File | None:
    if sheets := _sheets().get(path):
        plain = b"\n".join((web.STATIC / "css" / sheet).read_bytes() for sheet in sheets)
        return File("text/css", plain, gzip.compress(plain, 9, mtime=0))
    file = (web.STATIC / path).resolve()
    if not file.is_relative_to(web.STATIC) or not file.is_file():
        return None
    plain = file.read_bytes()
    zipped = gzip.compress(plain, 9, mtime=0) if file.suffix in COMPRESSIBLE else b""
    return File(mimetypes.guess_type(file.name)[0] or "application/octet-stream", plain, zipped)


@cache
def _sheets() -> dict[str, list[str]]:
    """Stylesheets that leave together, one request for a page; each stays a file of its own (css/sheets.json)."""
    lists = msgspec.json.decode((web.STATIC / "css/sheets.json").read_bytes(), type=dict[str, list[str]])
    return {f"css/{name}.css": sheets for name, sheets in lists.items()}


@get("/static/{_release:str}/{path:path}", sync_to_thread=False, opt={"public": True})
def static(request: Request[Any, Any, Any], _release: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    """One of our own files. Under another release's name there is nothing: releases must never be mixed."""
    return _answer(request, path.lstrip("/")) if _release == web.release() else _gone()


@get("/vendor/{_release:str}/{path:path}", sync_to_thread=False, opt={"public": True})
def vendor(request: Request[Any, Any, Any], _release: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    """A vendored file."""
    own = _release == web.vendor_release()
    return _answer(request, f"vendor/{path.lstrip('/')}") if own else _gone()


def _gone() -> Response[bytes]:
    return Response(b"", status_code=404, media_type="text/plain", headers={"Cache-Control": "no-store"})


def _answer(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    if path == "shell.json":
        return Response(_shell(), media_type=MediaType.JSON, headers={"Cache-Control": FOREVER})
    file = _file(path)
    if file is None:
        raise NotFoundException(detail=path)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if file.zipped and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            file.zipped, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(file.plain, media_type=file.media_type, headers=headers)


@cache
def _shell() -> bytes:
    """The list of addresses a device keeps; the same names that the templates use."""
    names = [
        name
        for folder in SHELL_FOLDERS
        for file in sorted((web.STATIC / folder).rglob("*"))
        if file.is_file()
        and (name := str(file.relative_to(web.STATIC))) not in DESK_ONLY
        and file.suffix != ".ts"
    ]
    own = [web.static_url(name) for name in ("css/hand.css", *names)]
    files = own + _vendored(SHELL_VENDORED)
    return msgspec.json.encode({"pages": ["/hand"], "files": files, "later": _vendored(CAMERA_VENDORED)})


def _vendored(patterns: tuple[str, ...]) -> list[str]:
    return [
        web.vendor_url(str(file.relative_to(web.STATIC / "vendor")))
        for pattern in patterns
        for file in sorted((web.STATIC / "vendor").rglob(pattern))
    ]


@get("/sw.js", sync_to_thread=False, opt={"public": True})
def service_worker() -> Response[str]:
    """The worker's entry: it names the release, so a new release is a new worker."""
    return Response(
        f'import "{web.static_url("edge/worker.js")}";\n',
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


@get(["/hand", "/hand/"], opt={"public": True})
async def hand(request: Request[Any, Any, Any]) -> Response[str]:
    """The shell of the hand app; everything in it comes from the device itself."""
    return web.page(request, "hand/shell.html")


@get("/hand/enrol", opt={"public": True})
async def enrol(request: Request[Any, Any, Any]) -> Response[str]:
    """Where the QR code of an invitation leads; the token stays behind the # and never reaches a log."""
    return web.page(request, "hand/enrol.html")


@get("/manifest.webmanifest", sync_to_thread=False, opt={"public": True})
def manifest() -> Response[str]:
    """What the browser needs to install the app; its icons are this release's."""
    text = (web.STATIC / "manifest.webmanifest").read_text("utf-8")
    return Response(
        text.replace("/static/app/", web.static_url("")),
        media_type="application/manifest+json",
        headers={"Cache-Control": "no-cache"},
    )


routes = [static, vendor, service_worker, hand, enrol, manifest]
