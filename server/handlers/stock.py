"""Stock on the desk: by item and by location, the ledger with where each row comes from, what waits."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from server import clock, web
from server.catalog import queries as catalog
from server.catalog.queries import Page
from server.config import settings
from server.outbound import queries as orders
from server.people.role import counts_blind
from server.stock import flow, queries, standing
from server.stock.movement import REAL
from server.stock.promising import Holder
from server.stock.queries import PAGE, Filters
from server.sync import settling
from server.web import HTMXRequest, may

MAX_PAGE = 2_000
MAX_ID = 2**63 - 1
LAST = 15
AT_ONCE = 1000
"""How many incidents one decision may settle."""

Number = Annotated[int, QueryParameter(ge=0, le=MAX_ID)]
Text = Annotated[str, QueryParameter(max_length=100)]


@get("/stock", guards=[may("see stock")])
async def stock(
    request: HTMXRequest,
    q: Text = "",
    by: FromQuery[str] = "item",
    empty: FromQuery[int] = 0,
    page: FromQuery[int] = 1,
) -> Response[str]:
    """What is there: by item, or shelf by shelf."""
    number, houses = min(max(page, 1), MAX_PAGE), request.user.warehouses
    is_blind = counts_blind(request.user.role)
    path = f"/stock?{urlencode({'by': by, 'q': q, 'empty': empty})}"
    below: dict[int, list[str]] = {}
    if by == "location":
        holdings, more = await queries.by_location(q, houses, is_blind=is_blind, page=number)
        found = Page(holdings, number, more)
    else:
        items, more = await queries.items(q, houses, in_stock=not empty, is_blind=is_blind, page=number)
        found = Page(items, number, more)
        below = await queries.below_level([one.id for one in items], houses)
    return web.page(
        request,
        "stock/stock.html",
        block="list",
        found=found,
        q=q,
        by=by,
        empty=empty,
        path=path,
        below=below,
    )


@get("/stock/items/{item_id:int}", guards=[may("see stock")])
async def item(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Where an item is, and what happened to it last."""
    houses, is_blind = request.user.warehouses, counts_blind(request.user.role)
    found = (await queries.stock_of([_id(item_id)], houses, is_blind=is_blind)).get(item_id)
    if found is None:
        raise NotFoundException
    standings = [] if is_blind else await standing.standings(item_id, clock.today(), houses)
    holding: dict[int, list[Holder]] = {}
    if standings and request.user.may("see orders"):
        holding = await standing.holders(item_id, [one.warehouse for one in standings])
    return web.page(
        request,
        "stock/item.html",
        item=found,
        standings=standings,
        holding=holding,
        names=await orders.numbers(one.document for each in holding.values() for one in each),
        holdings=await queries.of_item(item_id, houses, is_blind=is_blind),
        counted=await queries.counted_blind(houses, item=item_id) if is_blind else [],
        movements=await _last(request, Filters(item=item_id)),
        real=REAL,
    )


@get("/stock/locations/{location_id:int}", guards=[may("see stock")])
async def location(request: HTMXRequest, location_id: FromPath[int]) -> Response[str]:
    """What a location holds, and what happened there last."""
    found = (await catalog.locations([_id(location_id)])).get(location_id)
    if found is None or not request.user.reaches(found.warehouse):
        raise NotFoundException
    is_blind = counts_blind(request.user.role)
    return web.page(
        request,
        "stock/location.html",
        location=found,
        holdings=await queries.at_location(location_id, request.user.warehouses, is_blind=is_blind),
        counted=await queries.counted_blind(location=location_id) if is_blind else [],
        movements=await _last(request, Filters(location=location_id)),
        real=REAL,
    )


def _id(key: int) -> int:
    if not 0 < key <= MAX_ID:
        raise NotFoundException
    return key


async def _last(request: HTMXRequest, filters: Filters) -> list[queries.Movement]:
    if not request.user.may("see movements"):
        return []
    return (await _ledger(request, filters, LAST))[:LAST]


async def _ledger(request: HTMXRequest, filters: Filters, size: int = PAGE) -> list[queries.Movement]:
    """The rows of the ledger that this person sees."""
    is_blind = counts_blind(request.user.role)
    return await queries.movements(filters, request.user.warehouses, size, is_blind=is_blind)


@get("/stock/movements", guards=[may("see movements")])
async def movements(
    request: HTMXRequest,
    q: Text = "",
    act: Text = "",
    kind: Text = "",
    since: Text = "",
    until: Text = "",
    operation: Text = "",
    document: Text = "",
    item: Number = 0,
    location: Number = 0,
    user: Number = 0,
    device: Number = 0,
    before: Number = 0,
) -> Response[str]:
    """The ledger, newest first; every filter stays in the address."""
    asked = {"q": q, "act": act, "kind": kind, "since": since, "until": until, "operation": operation}
    asked |= {"document": document}
    narrow = {"item": item, "location": location, "user": user, "device": device}
    filters = Filters(
        text=q,
        act=act,
        kind=kind,
        operation=operation,
        document=document,
        since=_start(since),
        until=_end(until),
        before=before,
        **narrow,
    )
    rows = await _ledger(request, filters)
    return web.page(
        request,
        "stock/movements.html",
        block="list",
        rows=rows[:PAGE],
        has_more=len(rows) > PAGE,
        asked=asked | narrow,
        path=_address(asked | narrow),
        real=REAL,
        before=before,
    )


def _address(asked: dict[str, Any]) -> str:
    used = {name: value for name, value in asked.items() if value}
    return f"/stock/movements?{urlencode(used)}"


def _start(day: str) -> int:
    return flow.bounds(date.fromisoformat(day), settings().timezone)[0] if _is_day(day) else 0


def _end(day: str) -> int:
    return flow.bounds(date.fromisoformat(day), settings().timezone)[1] if _is_day(day) else 0


def _is_day(text: str) -> bool:
    try:
        return 1970 < date.fromisoformat(text).year < 9999
    except ValueError:
        return False


@get("/stock/operations/{operation:str}", guards=[may("see movements")])
async def operation(request: HTMXRequest, operation: FromPath[str]) -> Response[str]:
    """One operation: who, when, with what, what it posted; and as it was sent, for those who see the audit."""
    houses = request.user.warehouses
    origin = await queries.origin(operation, houses)
    rows = await _ledger(request, Filters(operation=operation))
    if origin is None and not rows:
        raise NotFoundException
    body = _readable(origin.body) if origin is not None and request.user.may("see audit") else ""
    return web.page(
        request, "stock/operation.html", operation=operation, origin=origin, rows=rows, body=body, real=REAL
    )


def _readable(body: str) -> str:
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:
        return body  # it is shown because it may be malformed


# What waits for a person


@get("/stock/incidents", guards=[may("watch the board")])
async def incidents(request: HTMXRequest) -> Response[str]:
    """What waits for a decision, places to count, and what was decided last."""
    return await _incidents(request)


@post("/stock/incidents/{incident_id:int}/decision", guards=[may("decide conflicts")])
async def decide(request: HTMXRequest, incident_id: FromPath[int]) -> Response[str]:
    """Decide one incident."""
    form = await web.form(request)
    outcome = await settling.settle(
        _id(incident_id),
        form.text("choice"),
        form.text("reason"),
        by=request.user.id,
        warehouses=request.user.warehouses,
    )
    match outcome:
        case settling.NotSettled(reason=why):
            return await _incidents(request, 422, refused=incident_id, why=why, reason=form.text("reason"))
    return web.see("/stock/incidents?done=1")


@get("/stock/incidents/{incident_id:int}/alike", guards=[may("decide conflicts")])
async def alike(
    request: HTMXRequest, incident_id: FromPath[int], choice: Text = "", reason: Text = ""
) -> Response[str]:
    """Everything of one kind together, what each is now and would be, and one tap to decide it all."""
    return await _alike(request, incident_id, choice, reason)


@post("/stock/incidents/{incident_id:int}/alike/decision", guards=[may("decide conflicts")])
async def decide_alike(request: HTMXRequest, incident_id: FromPath[int]) -> Response[str]:
    """Decide alike all that the page showed; what came or went since is left alone."""
    form = await web.form(request)
    outcome = await settling.settle_all(
        [int(shown) for shown in form.all("shown[]") if shown.isdecimal() and len(shown) < 16],
        form.text("choice"),
        form.text("reason"),
        by=request.user.id,
        warehouses=request.user.warehouses,
    )
    match outcome:
        case settling.NotSettled(reason=why):
            return await _alike(request, incident_id, form.text("choice"), "", status=422, why=why)
        case told:
            told_of = urlencode({"done": told.done, "gone": told.gone, "failed": told.failed})
            return web.see(f"/stock/incidents?{told_of}")


async def _alike(
    request: HTMXRequest, incident_id: int, choice: str, reason: str, *, status: int = 200, why: str = ""
) -> Response[str]:
    houses = request.user.warehouses
    incident = await queries.incident(_id(incident_id), houses)
    if incident is None:
        raise NotFoundException
    choices = settling.choices(incident)
    return web.page(
        request,
        "stock/alike.html",
        status=status,
        incident=incident,
        lines=settling.alike(incident, await queries.open_incidents(houses, AT_ONCE)),
        choice=choice if choice in choices else choices[0],
        needs_reason=settling.NEEDS_REASON,
        reason=reason,
        why=why,
    )


async def _incidents(
    request: HTMXRequest, status: int = 200, *, refused: int = 0, why: str = "", reason: str = ""
) -> Response[str]:
    houses = request.user.warehouses
    waiting = await queries.open_incidents(houses)
    return web.page(
        request,
        "stock/incidents.html",
        status=status,
        open=[(incident, settling.choices(incident)) for incident in waiting],
        alike=settling.counted_alike(waiting),
        tasks=await queries.open_tasks(houses),
        closed=await queries.closed_incidents(houses),
        counts_blind=counts_blind(request.user.role),
        needs_reason=settling.NEEDS_REASON,
        done=_count(request, "done"),
        gone=_count(request, "gone"),
        failed=_count(request, "failed"),
        refused=refused,
        why=why,
        reason=reason,
    )


def _count(request: HTMXRequest, name: str) -> int:
    told = request.query_params.get(name, "")
    return int(told) if told.isdecimal() and len(told) < 6 else 0


routes = [stock, item, location, movements, operation, incidents, decide, alike, decide_alike]
