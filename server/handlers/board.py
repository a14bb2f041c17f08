"""The live board: a page, and the socket that tells it what changed."""

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, WebSocket, get
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import websocket_stream
from litestar.params import QueryParameter

from server import clock, live, web
from server.catalog import queries as catalog
from server.config import settings
from server.stock.movement import REAL
from server.stock.queries import Warehouses
from server.sync.overseeing import EXCEPTIONS, ROWS, Board
from server.sync.showing import Paint, View, showing
from server.web import may

HEARTBEAT_S = 15.0
TEMPLATE = "board/board.html"

Chosen = Annotated[int | None, QueryParameter(name="warehouse")]


@get("/board", guards=[may("watch the board")])
async def board(request: Request[web.Visitor, Any, Any], warehouse: Chosen = None) -> Response[str]:
    """What happens in the house, to be read from across the hall."""
    warehouses, language = _scope(request.user, warehouse), web.language_of(request)
    async with showing(warehouses, language, _painter(language)) as view:
        return web.page(
            request,
            TEMPLATE,
            pieces=view.screen.since(""),
            cursor=view.screen.cursor,
            chosen=warehouse,
            houses=[house for house in await catalog.warehouses() if request.user.reaches(house.id)],
            zone=settings().timezone,
        )


@websocket_stream("/board/live", guards=[may("watch the board")], warn_on_data_discard=False)
async def board_live(
    socket: WebSocket[web.Visitor, Any, Any],
    cursor: Annotated[str, QueryParameter()] = "",
    warehouse: Chosen = None,
) -> AsyncGenerator[str, None]:
    """First what the board missed since `cursor`, then every change; a sign of life when there is none."""
    warehouses, language = _scope(socket.user, warehouse), web.language_of(socket)
    async with showing(warehouses, language, _painter(language)) as view:
        with live.watch(view.screen.topic) as watcher:
            yield _message(view, view.screen.since(cursor))
            async for pieces in watcher.ticks(HEARTBEAT_S):
                view.check()
                yield _message(view, pieces)


def _scope(visitor: web.Visitor, warehouse: int | None) -> Warehouses:
    """The warehouses a board shows: the chosen one, else all that its visitor works in."""
    if warehouse is None:
        return visitor.warehouses
    if not visitor.reaches(warehouse):
        raise PermissionDeniedException(detail="another warehouse")
    return frozenset({warehouse})


def _message(view: View, pieces: Mapping[str, str]) -> str:
    """Where the board now stands, and the HTML to put in place, each piece by its id."""
    told = {"cursor": view.screen.cursor, "now": clock.now() // 1000, "content": "".join(pieces.values())}
    return msgspec.json.encode(told).decode()


def _painter(language: str) -> Paint:
    def paint(shown: Board) -> Mapping[str, str]:
        rows = [*shown.stock, *[None] * (ROWS - len(shown.stock))]
        parts = {
            f"stock-{slot}": web.render("stock/_row.html", None, language, slot=slot, row=row)
            for slot, row in enumerate(rows)
        }
        for name in ("stand", "totals", "devices", "exceptions", "movements"):
            parts[name] = web.render(
                f"board/_{name}.html", None, language, board=shown, shown=EXCEPTIONS, real=REAL
            )
        return parts

    return paint


routes = [board, board_live]
