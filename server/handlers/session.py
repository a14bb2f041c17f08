"""Sign in and out, the start page, one's own account and language."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromQuery

from server import clock, web, words
from server.catalog import queries as catalog
from server.config import settings
from server.documents.filters import Filters
from server.inbound import queries as inbound
from server.outbound import watching
from server.people import authenticating, maintaining
from server.people import queries as people
from server.people.authenticating import Locked, Recognised, SignedIn, TooMany, Wrong
from server.people.maintaining import Edited, Missing, Refused
from server.stock import queries as stock
from server.web import HTMXRequest, may

YEAR_S = 365 * 24 * 3600
DONE = ("saved", "signed_out", "password", "pin")


@get("/sign-in", opt={"public": True})
async def sign_in_page(request: Request[Any, Any, Any], done: FromQuery[str] = "") -> Response[str]:
    """Where everybody without a session is sent."""
    if request.scope.get("user"):
        return web.see("/")
    values = {"next": inside(request.query_params.get("next", ""))}
    return _sign_in_page(request, values, {}, done=done if done in DONE else "")


@post("/sign-in", opt={"public": True})
async def sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    """Begin a session, or say why not."""
    if not web.comes_from_us(request):
        # Another site must not sign this browser in under a name of its choice.
        raise PermissionDeniedException(detail="sign in from our own page")
    form = await web.form(request)
    address = request.client.host if request.client else ""
    outcome = await authenticating.sign_in(form.text("name"), form.text("password"), address=address)
    if isinstance(outcome, SignedIn):
        answer = web.see(inside(form.text("next")))
        answer.set_cookie(_cookie(web.COOKIE, outcome.token, http_only=True))
        return answer
    values = {"name": form.text("name"), "next": inside(form.text("next"))}
    status = 429 if isinstance(outcome, Locked | TooMany) else 422
    return _sign_in_page(request, values, {"": refusal(outcome, web.language_of(request))}, status=status)


def refusal(outcome: Wrong | Locked | TooMany | Recognised, language: str) -> str:
    """Why somebody did not get in, with the time when they may try again."""
    match outcome:
        case Locked(until):
            zone = settings().timezone
            return words.t("people.sign_in.locked", language, time=web.local(until), zone=zone)
        case TooMany(seconds):
            return words.t("people.sign_in.too_many", language, seconds=seconds)
    return words.t("people.sign_in.wrong", language)


def inside(path: str) -> str:
    """A path of ours to go on to; never an address that leads out of the house."""
    parts = urlsplit(path)
    stays = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if stays and not parts.netloc and not parts.scheme else "/"


def _sign_in_page(
    request: Request[Any, Any, Any],
    values: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
    done: str = "",
) -> Response[str]:
    return web.page(request, "session/sign_in.html", status=status, values=values, errors=errors, done=done)


def _cookie(key: str, value: str, *, http_only: bool) -> Cookie:
    return Cookie(
        key=key,
        value=value,
        path="/",
        httponly=http_only,
        samesite="lax",
        secure=settings().origin.startswith("https"),
        max_age=None if http_only else YEAR_S,
    )


@post("/sign-out", guards=[may("see own account")])
async def sign_out(request: HTMXRequest) -> Response[str]:
    """End this session."""
    await authenticating.sign_out(request.user.session, by=request.user.id)
    answer = web.see("/sign-in?done=signed_out")
    answer.delete_cookie(web.COOKIE)
    return answer


@post("/language", opt={"public": True})
async def language(request: Request[Any, Any, Any]) -> Response[str]:
    """Read everything in another language; who has signed in keeps it on every machine."""
    visitor: web.Visitor | None = request.scope.get("user")
    if not web.comes_from_us(request, visitor.form_token if visitor else ""):
        raise PermissionDeniedException(detail="this request did not come from our own page")
    wanted = (await web.form(request)).text("language")
    if visitor is not None:
        await maintaining.set_language(visitor.id, wanted)
    answer = web.see(inside(urlsplit(request.headers.get("referer", "")).path))
    if wanted in words.LANGUAGES:
        answer.set_cookie(_cookie("language", wanted, http_only=False))
    return answer


@get("/", guards=[may("see own account")])
async def home(request: HTMXRequest) -> Response[str]:
    """The start page: what waits to be done today, and how much there is of everything."""
    houses = request.user.warehouses
    incidents, tasks = await stock.waiting(houses)
    floor = await watching.floor(houses, clock.today().isoformat())
    return web.page(
        request,
        "session/home.html",
        late=floor.late.orders,
        to_pick=_sum(floor.states, "released", "picking"),
        to_send=_sum(floor.states, "picked", "packed", "checked"),
        to_release=_sum(floor.states, "waiting"),
        receipts=await inbound.receipt_counts(Filters(), houses),
        checks=len(await inbound.open_inspections(houses)),
        counts=await catalog.counts(),
        people=len(await people.everybody()),
        incidents=incidents,
        tasks=tasks,
    )


def _sum(states: Mapping[str, int], *names: str) -> int:
    return sum(states.get(name, 0) for name in names)


@get("/account", guards=[may("see own account")])
async def account(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """One's own account."""
    return await _account_page(request, {}, done=done if done in DONE else "")


@post("/account/password", guards=[may("see own account")])
async def change_password(request: HTMXRequest) -> Response[str]:
    """Change one's own password, knowing the old one."""
    form, user = await web.form(request), request.user
    outcome = await maintaining.change_password(
        user.id, form.text("old_password"), form.text("password"), session=user.session
    )
    return await _changed(request, outcome, "password")


@post("/account/pin", guards=[may("see own account")])
async def change_pin(request: HTMXRequest) -> Response[str]:
    """Set one's own PIN for devices."""
    form = await web.form(request)
    outcome = await maintaining.set_pin(request.user.id, form.text("pin"), by=request.user.id)
    return await _changed(request, outcome, "pin")


async def _changed(request: HTMXRequest, outcome: Edited | Refused | Missing, done: str) -> Response[str]:
    if isinstance(outcome, Refused):
        t = web.language_of(request)
        errors = {fault.field: words.t(fault.word, t) for fault in outcome.faults}
        return await _account_page(request, errors, status=422)
    assert isinstance(outcome, Edited), "who is signed in exists"
    return web.see(f"/account?done={done}")


async def _account_page(
    request: HTMXRequest, errors: dict[str, str], *, status: int = 200, done: str = ""
) -> Response[str]:
    person = await people.by_id(request.user.id)
    has_badge, has_pin = await people.has_badge(request.user.id)
    return web.page(
        request,
        "session/account.html",
        status=status,
        person=person,
        errors=errors,
        done=done,
        has_badge=has_badge,
        has_pin=has_pin,
    )


routes = [sign_in_page, sign_in, sign_out, language, home, account, change_password, change_pin]
