"""What every page needs: rendering a page or one block of it, who is asking, and what they may do."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import jinja2
import msgspec
import zxingcpp
from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from server import clock, money, quantity, words
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.config import ROOT, settings
from server.events import Happened
from server.people.role import permissions

COOKIE: Final = "stockhand"
TOKEN_HEADER: Final = "X-Form-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_ID: Final = 2**63 - 1
MAX_PAGE: Final = 2_500
STATIC: Final = ROOT / "pwa" / "static"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, for the length of one request. `warehouses` None means all of them."""

    id: int
    name: str
    role: str
    language: str
    session: int = 0
    form_token: str = ""
    warehouses: frozenset[int] | None = None

    def may(self, action: str) -> bool:
        """Whether this person's role allows `action`."""
        return action in permissions(self.role)

    def reaches(self, warehouse: int) -> bool:
        """Whether this person works in that warehouse."""
        return self.warehouses is None or warehouse in self.warehouses


class Form:
    """What a browser sent of a form, as texts; nothing is refused here, so that all faults show at once."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = fields

    def text(self, name: str) -> str:
        """One field as it was typed; empty when it was not sent."""
        return self.fields[name][-1] if self.fields.get(name) else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field, as from several ticked boxes."""
        return self.fields.get(name, [])

    def flag(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.text(name) in ("on", "true", "1", "yes")

    def whole(self, name: str) -> int | None:
        """A whole number of a size that anything here has; None for everything else."""
        text = self.text(name).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def rows(self, prefix: str, *columns: str) -> list[tuple[str, ...]]:
        """Rows of fields named `prefix.0.column`, without those left empty."""
        numbers = {name.split(".")[1] for name in self.fields if name.startswith(f"{prefix}.")}
        found = [
            tuple(self.text(f"{prefix}.{number}.{column}").strip() for column in columns)
            for number in sorted(numbers, key=lambda number: (len(number), number))
        ]
        return [row for row in found if any(row)]

    def typed(self) -> dict[str, str]:
        """Every field by name, to show a refused form again as it was."""
        return {name: self.text(name) for name in self.fields}


async def form(request: Request[Any, Any, Any]) -> Form:
    """The texts of a form that was sent (files in it are read by their handler)."""
    fields: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            # PostgreSQL cannot store the character zero, and nobody can type it.
            fields.setdefault(name, []).append(value.replace("\0", ""))
    return Form(fields)


HTMXRequest = Request[Visitor, Any, State]
Page = Response[str]
Unsaved = Refused | Stale | Missing


class NotSaved(msgspec.Struct, frozen=True):
    """What a form is shown again with: as it was typed, and what is wrong by field."""

    form: Form
    errors: dict[str, str]
    status: int


def may(action: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A guard: signed in (else 401, which pages turn into the sign-in page) and allowed (else 403)."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        visitor: Visitor | None = connection.scope.get("user")
        if visitor is None:
            raise NotAuthorizedException(detail="sign in first")
        if not visitor.may(action):
            raise PermissionDeniedException(detail=action)
        _must_come_from_us(connection, visitor)

    guard.action = action  # type: ignore[attr-defined]  # tests list every route's permission by it
    return guard


def _must_come_from_us(connection: ASGIConnection[Any, Any, Any, Any], visitor: Visitor) -> None:
    """Refuse a changing request that another site made this browser send (CSRF)."""
    scope = connection.scope
    if scope["type"] == ScopeType.HTTP and scope["method"] in SAFE_METHODS:
        return
    if not comes_from_us(connection, visitor.form_token):
        raise PermissionDeniedException(detail="this request did not come from our own page")


def comes_from_us(connection: ASGIConnection[Any, Any, Any, Any], form_token: str = "") -> bool:
    """Whether our own page sent this: it names the session's form token, or the browser says same origin."""
    headers = connection.headers
    if form_token and headers.get(TOKEN_HEADER) == form_token:
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    block: str | None = None,
    status: int = 200,
    trigger: str | None = None,
    **context: Any,
) -> Response[str]:
    """Render a page, or only `block` of it when HTMX asks. `trigger` names events for the browser."""
    partial = block if block and request.headers.get("HX-Request") else None
    visitor, served = request.scope.get("user"), _served(request.app)
    html = render(template, partial, language_of(request), visitor=visitor, served=served, **context)
    headers = {"Vary": "HX-Request, Accept-Language", "Cache-Control": "no-store"}
    if trigger:
        headers["HX-Trigger"] = trigger
    return Response(html, media_type="text/html; charset=utf-8", status_code=status, headers=headers)


@cache
def _served(app: Litestar) -> frozenset[str]:
    """Every address there is, so that the navigation names no page that does not exist."""
    return frozenset(route.path for route in app.routes)


def see(path: str) -> Response[str]:
    """After a change: go and look there (a plain redirect that browsers follow with GET)."""
    return Response("", status_code=303, headers={"Location": path})


def answer(
    request: Request[Any, Any, Any],
    outcome: Added | Edited | Unsaved,
    form: Form,
    path: str,
    again: Callable[[dict[str, str], dict[str, str], int], Response[str]],
) -> Response[str]:
    """Go on to `path` after an edit, or show the form `again` as it was typed, with every fault."""
    if isinstance(outcome, Unsaved):
        why = not_saved(request, outcome, form, path)
        return again(why.form.typed(), why.errors, why.status)
    return see(f"{path}?done=saved")


def not_saved(request: Request[Any, Any, Any], outcome: Unsaved, form: Form, path: str) -> NotSaved:
    """Why a form was not saved; after somebody else's change it takes their version along, to be saved once more."""
    match outcome:
        case Refused(faults):
            return NotSaved(form, errors(request, faults), 422)
        case Stale(version):
            told = {"": words.t("desk.stale", language_of(request))}
            return NotSaved(Form({**form.fields, "version": [str(version)]}), told, 409)
        case Missing():
            raise NotFoundException(detail=path)


def errors(request: Request[Any, Any, Any], faults: Iterable[Fault]) -> dict[str, str]:
    """What is wrong in words, by field."""
    return {fault.field: words.t(fault.word, language_of(request)) for fault in faults}


def flat(record: msgspec.Struct) -> dict[str, str]:
    """A record as the texts of a form."""
    texts = {True: "on", False: ""}
    values = msgspec.structs.asdict(record)
    return {name: texts[value] if isinstance(value, bool) else str(value) for name, value in values.items()}


def list_path(path: str, *, q: str, off: int) -> str:
    """The address of a searched list, to which a page number may be added."""
    return f"{path}?{urlencode({'q': q, 'off': int(bool(off))})}"


def page_number(number: int) -> int:
    """A page that may exist, whatever the address says."""
    return min(max(number, 1), MAX_PAGE)


def known_id(key: int) -> int:
    """An id that may exist; what no database can hold is simply not found."""
    if not 0 < key <= MAX_ID:
        raise NotFoundException(detail="no such id")
    return key


def render(template: str, block: str | None, language: str, **context: Any) -> str:
    """A template, or one block of it, in a language; for pages, and for what sockets push."""
    loaded = environment().get_template(template)
    values = {"lang": language, "t": _translator(language), **context}
    if block is None:
        return loaded.render(values)
    return "".join(loaded.blocks[block](loaded.new_context(values)))


@cache
def _translator(language: str) -> Callable[..., str]:
    def translate(key: str, **values: object) -> str:
        return words.t(key, language, **values)

    return translate


def language_of(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's language; before signing in, the cookie's or the browser's, else the firm's."""
    visitor: Visitor | None = request.scope.get("user")
    if visitor is not None:
        return visitor.language
    if (chosen := request.cookies.get("language")) in words.LANGUAGES:
        return str(chosen)
    accepted = request.headers.get("accept-language", "").lower()
    first = accepted.split(",")[0][:2]
    return first if first in words.LANGUAGES else settings().language


@cache
def environment() -> jinja2.Environment:
    """The template engine: everything escaped, a missing name is an error."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "pwa" / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(static_url=static_url, vendor_url=vendor_url)
    env.globals.update(iso=clock.iso, local=local, amount=quantity.format)
    env.globals.update(money=money.format_amount, price=money.format_price, percent=money.format_percent)
    return env


def problem(status: int, detail: str, extra: Any = None) -> Response[Any]:
    """Problem details, for devices and other programs."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "title": detail, "detail": detail}
    if isinstance(extra, dict):
        body |= extra
    return Response(body, status_code=status, media_type="application/problem+json")


def local(moment: int, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """A moment as the clock on this firm's wall shows it."""
    return datetime.fromtimestamp(moment / clock.SECOND, ZoneInfo(settings().timezone)).strftime(pattern)


class Change(msgspec.Struct, frozen=True):
    """One field of a record that changed, in words."""

    word: str
    before: str
    after: str


class Told(msgspec.Struct, frozen=True):
    """One line of a record's history, in words."""

    word: str
    who: str
    at: int
    changes: list[Change]


def story(feature: str, happened: Iterable[Happened], names: Mapping[int, str], language: str) -> list[Told]:
    """The history of a record in words: `catalog.event.item.edited`, and each field that went from … to …"""
    return [
        Told(
            word=f"{feature}.event.{event.topic}",
            who=names.get(event.user) or words.t("desk.by_system", language),
            at=event.at,
            changes=[] if event.topic.endswith(".added") else changes(feature, event.body, language),
        )
        for event in happened
    ]


def changes(feature: str, fields: Mapping[str, object], language: str) -> list[Change]:
    """Fields with [before, after] in words; a field that has no name for people is left out."""
    return [
        Change(f"{feature}.field.{field}", _said(pair[0], language), _said(pair[1], language))
        for field, pair in fields.items()
        if isinstance(pair, list) and len(pair) == 2 and words.has(f"{feature}.field.{field}")
    ]


def _said(value: object, language: str) -> str:
    match value:
        case bool():
            return words.t("desk.yes" if value else "desk.no", language)
        case dict():
            return " ".join(_said(inner, language) for inner in value.values())
        case list():
            return ", ".join(_said(inner, language) for inner in value)
    return str(value)


def qr_picture(text: str) -> str:
    """A QR code as an address that holds the picture itself."""
    svg = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_svg(add_quiet_zones=True)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def static_url(path: str) -> str:
    """The address of one of our static files; it changes with every release, so it may be kept for ever."""
    return f"/static/{release()}/{path}"


def vendor_url(path: str) -> str:
    """The address of a vendored file; it changes only when the vendored files do."""
    return f"/vendor/{vendor_release()}/{path}"


@cache
def release() -> str:
    """A name for exactly these static files (vendored ones apart)."""
    return _fingerprint(file for file in _files(STATIC) if "vendor" not in file.relative_to(STATIC).parts)


@cache
def vendor_release() -> str:
    """A name for exactly these vendored files."""
    return _fingerprint(_files(STATIC / "vendor"))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _fingerprint(files: Any) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(STATIC)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
