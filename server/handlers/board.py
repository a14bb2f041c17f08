"""The live board: a page, the socket that tells it what changed, and the lines behind each of its tiles."""

from collections.abc import AsyncGenerator, Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, WebSocket, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import websocket_stream
from litestar.params import FromPath, QueryParameter

from server import clock, live, web
from server.catalog import queries as catalog
from server.config import settings
from server.documents import drafting
from server.documents import queries as documents
from server.outbound import watching
from server.people import queries as people
from server.people.role import counts_blind
from server.stock import queries as stock
from server.stock.movement import REAL
from server.stock.queries import Warehouses
from server.sync import queries as replicas
from server.sync.overseeing import DEVICES, EXCEPTIONS, NOTHING, ROWS, Board, DeviceRow
from server.sync.showing import Look, Paint, showing
from server.web import HTMXRequest, may

PATH = "/board"
HEARTBEAT_S = 15.0
TEMPLATE = "board/board.html"
TILES = ("waves", "lines", "late", "people", "exceptions", "offline")
PANELS = ("stand", "devices", "exceptions", "movements")
LAST = 20
"""Movements on the page of a person or a device."""

MAX_WAREHOUSE = 2**31
"""Beyond it no database has a number for one."""

Chosen = Annotated[int | None, QueryParameter(name="warehouse")]
"""The warehouse in the address: none is the one looked at last, 0 are all."""


@get(PATH, guards=[may("watch the board")])
async def board(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """What happens in the house, to be read from across the hall."""
    chosen = await _chosen(request, warehouse)
    warehouses, language = _scope(request.user, chosen), web.language_of(request)
    async with showing(warehouses, language, _painter(warehouses, language)) as look:
        return web.page(
            request,
            TEMPLATE,
            pieces=look.screen.since(""),
            cursor=look.screen.cursor,
            chosen=chosen,
            houses=await _houses(request.user),
            tiles=TILES,
            zone=settings().timezone,
        )


@websocket_stream("/board/live", guards=[may("watch the board")], warn_on_data_discard=False)
async def board_live(
    socket: WebSocket[web.Visitor, Any, Any],
    cursor: Annotated[str, QueryParameter()] = "",
    warehouse: Chosen = None,
) -> AsyncGenerator[str, None]:
    """First what the board missed since `cursor`, then every change; a sign of life when there is none."""
    warehouses, language = _scope(socket.user, warehouse or 0), web.language_of(socket)
    async with showing(warehouses, language, _painter(warehouses, language)) as look:
        with live.watch(look.screen.topic) as watcher:
            yield _message(look, look.screen.since(cursor))
            async for pieces in watcher.ticks(HEARTBEAT_S):
                look.view.check()
                yield _message(look, pieces)


async def _chosen(request: HTMXRequest, asked: int | None) -> int:
    """The warehouse this person looks at, kept for the next visit; 0 for all."""
    visitor = request.user
    if asked is not None:
        _scope(visitor, asked)
        await drafting.remember_filters(visitor.id, PATH, {"warehouse": str(asked)})
        return asked
    kept = await documents.draft(visitor.id, drafting.LISTS + PATH)
    house = int(kept.fields.get("warehouse", "0")) if kept else 0
    return house if visitor.reaches(house) else 0


def _scope(visitor: web.Visitor, warehouse: int) -> Warehouses:
    """The warehouses a board shows: the chosen one, else all that its visitor works in."""
    if not warehouse:
        return visitor.warehouses
    if not 0 < warehouse < MAX_WAREHOUSE:
        raise NotFoundException(detail="no such warehouse")
    if not visitor.reaches(warehouse):
        raise PermissionDeniedException(detail="another warehouse")
    return frozenset({warehouse})


async def _houses(visitor: web.Visitor) -> list[catalog.Warehouse]:
    return [house for house in await catalog.warehouses() if visitor.reaches(house.id)]


def _message(look: Look, pieces: Mapping[str, str]) -> str:
    """Where the board now stands, and the HTML to put in place, each piece by its id."""
    told = {"cursor": look.screen.cursor, "now": clock.now() // 1000, "content": "".join(pieces.values())}
    return msgspec.json.encode(told).decode()


def _painter(warehouses: Warehouses, language: str) -> Paint:
    """Paints a board piece by piece; its tiles lead to the lines of the same warehouses."""
    only = next(iter(warehouses)) if warehouses is not None and len(warehouses) == 1 else 0

    def paint(shown: Board) -> Mapping[str, str]:
        rows = [*shown.stock, *[None] * (ROWS - len(shown.stock))]
        parts = {
            f"stock-{slot}": web.render("stock/_row.html", None, language, slot=slot, row=row)
            for slot, row in enumerate(rows)
        }
        known = {"board": shown, "shown": EXCEPTIONS, "room": DEVICES, "real": REAL, "only": only}
        for name in TILES:
            parts[f"tile-{name}"] = web.render(f"board/_tile_{name}.html", None, language, **known)
        for name in PANELS:
            parts[name] = web.render(f"board/_{name}.html", None, language, **known)
        return parts

    return paint


# What stands behind the tiles


@get("/board/waves", guards=[may("watch the board")])
async def waves(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """Open waves, how far each is, and who picks it."""
    chosen = await _chosen(request, warehouse)
    shown = await _gathered(request, chosen)
    return await _page(request, "waves", chosen, waves=shown.floor.waves, shares=shown.floor.shares)


@get("/board/lines", guards=[may("watch the board")])
async def lines(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """Lines that are left to pick, where, and who has them in hand."""
    chosen = await _chosen(request, warehouse)
    found = await watching.to_pick(_scope(request.user, chosen))
    shown = await _gathered(request, chosen)
    return await _page(
        request, "lines", chosen, lines=found, in_all=shown.floor.left, states=shown.floor.states
    )


@get("/board/late", guards=[may("watch the board")])
async def late(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """Lines that should have left before today, and who has them in hand."""
    chosen = await _chosen(request, warehouse)
    shown = await _gathered(request, chosen)
    found = await watching.overdue(_scope(request.user, chosen), shown.today)
    return await _page(
        request, "late", chosen, lines=found, late=shown.floor.late, today=date.fromisoformat(shown.today)
    )


@get("/board/people", guards=[may("watch the board")])
async def crew(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """Who works on what, when they scanned last, and how many lines an hour."""
    chosen = await _chosen(request, warehouse)
    shown = await _gathered(request, chosen)
    fleet = _by_person(shown.fleet)
    ranked = sorted(
        shown.doings.keys() | fleet.keys(), key=lambda who: (-shown.doings.get(who, NOTHING).last_at, who)
    )
    return await _page(request, "people", chosen, board=shown, fleet=fleet, crew=ranked, nothing=NOTHING)


@get("/board/offline", guards=[may("watch the board")])
async def offline(request: HTMXRequest, warehouse: Chosen = None) -> Response[str]:
    """Devices that say nothing, since when, and what they hold."""
    chosen = await _chosen(request, warehouse)
    shown = await _gathered(request, chosen)
    return await _page(request, "offline", chosen, rows=shown.silent, in_all=len(shown.fleet))


@get("/board/people/{person_id:int}", guards=[may("watch the board")])
async def person(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """One person: devices, what is in hand, and what was moved last."""
    shown, names = await _gathered(request, 0), await people.names()
    rows = _by_person(shown.fleet).get(person_id, [])
    if person_id not in names or not (rows or person_id in shown.doings):
        raise NotFoundException(detail="nobody of that number works here")
    return await _page(
        request,
        "person",
        0,
        person=person_id,
        doing_now=shown.doings.get(person_id, NOTHING),
        rows=rows,
        tasks=await watching.in_hands(request.user.warehouses, person=person_id),
        movements=await _last(request, stock.Filters(user=person_id, kind="flow")),
    )


@get("/board/devices/{device_id:int}", guards=[may("watch the board")])
async def device(request: HTMXRequest, device_id: FromPath[int]) -> Response[str]:
    """One device: who has it, what it still holds, and what was moved with it last."""
    shown = await _gathered(request, 0)
    row = next((row for row in shown.fleet if row.device.id == device_id), None)
    if row is None:
        raise NotFoundException(detail="no device of that number works here")
    return await _page(
        request,
        "device",
        0,
        row=row,
        tasks=await watching.in_hands(request.user.warehouses, device=device_id),
        movements=await _last(request, stock.Filters(device=device_id, kind="flow")),
    )


async def _gathered(request: HTMXRequest, chosen: int) -> Board:
    """What a board of these warehouses shows just now; when one hangs on the wall, nothing is counted again."""
    async with showing(_scope(request.user, chosen), "", lambda _: {}) as look:
        return look.board


def _by_person(rows: list[DeviceRow]) -> dict[int, list[DeviceRow]]:
    found: dict[int, list[DeviceRow]] = {}
    for row in rows:
        found.setdefault(row.device.person, []).append(row)
    return found


async def _last(request: HTMXRequest, filters: stock.Filters) -> list[stock.Movement]:
    is_blind = counts_blind(request.user.role)
    return (await stock.movements(filters, request.user.warehouses, LAST, is_blind=is_blind))[:LAST]


async def _page(request: HTMXRequest, name: str, chosen: int, **context: Any) -> Response[str]:
    return web.page(
        request,
        f"board/{name}.html",
        block="now",
        chosen=chosen,
        houses=await _houses(request.user),
        names=await people.names(),
        devices=await replicas.device_names(),
        real=REAL,
        **context,
    )


routes = [board, board_live, waves, lines, late, crew, offline, person, device]
