"""Levels on the desk: minimum and maximum of items by warehouse, their pick bins, and what is to be brought."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, quantity, web
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Missing, Refused
from server.documents import reading
from server.people.role import counts_blind
from server.stock import levelling, queries
from server.stock.level import Wanted
from server.web import Form, HTMXRequest, may

PATH = "/stock/levels"
FIELDS = ("least", "most", "refill", "fill")


@get(PATH, guards=[may("see levels")])
async def levels(
    request: HTMXRequest, q: FromQuery[str] = "", below: FromQuery[int] = 0, page: FromQuery[int] = 1
) -> Response[str]:
    """Items with a level, what is there of them, and which pick bins run low."""
    return await _page(request, desk.form_of({}), {}, q=q[:100], below=below, page=page)


@post(PATH, guards=[may("edit levels")])
async def set_level(request: HTMXRequest) -> Response[str]:
    """Set what is wanted of an item in a warehouse."""
    form = await web.form(request)
    wanted, wrong = await _read(request, form)
    outcome = Refused(wrong) if wrong else await levelling.want(wanted, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _page(request, form, web.errors(request, outcome.faults), status=422)
    return web.see(f"{PATH}?done=saved")


@post(f"{PATH}/{{item_id:int}}/{{warehouse_id:int}}/removal", guards=[may("edit levels")])
async def drop_level(
    request: HTMXRequest, item_id: FromPath[int], warehouse_id: FromPath[int]
) -> Response[str]:
    """Nothing special is wanted of it any more."""
    if not request.user.reaches(web.known_id(warehouse_id)):
        raise NotFoundException(detail="level")
    outcome = await levelling.want_no_more(web.known_id(item_id), warehouse_id, by=request.user.id)
    if isinstance(outcome, Missing):
        raise NotFoundException(detail="level")
    return web.see(f"{PATH}?done=saved")


async def _page(
    request: HTMXRequest,
    form: Form,
    errors: dict[str, str],
    *,
    q: str = "",
    below: int = 0,
    page: int = 1,
    status: int = 200,
) -> Response[str]:
    houses, mine = request.user.warehouses, await desk.warehouses(request)
    found = await queries.levels(
        q,
        houses,
        only_below=bool(below),
        is_blind=counts_blind(request.user.role),
        page=web.page_number(page),
    )
    return web.page(
        request,
        "stock/levels.html",
        status=status,
        found=found,
        path=f"{web.list_path(PATH, q=q, off=0)}&below={int(bool(below))}",
        q=q,
        below=below,
        values={"warehouse": await desk.usual_warehouse(request, mine)} | form.typed(),
        errors=errors,
        warehouses=mine,
        tasks=await queries.replenishments(houses),
        done="saved" if request.query_params.get("done") == "saved" else "",
    )


async def _read(request: HTMXRequest, form: Form) -> tuple[Wanted, list[Fault]]:
    """What the form says, and what is wrong with it."""
    wrong: list[Fault] = []
    code, home_code = form.text("item").strip(), form.text("home").strip().upper()
    meant = (await reading.goods_of([code])).get(code)
    if meant is None:
        wrong.append(Fault(0, "item", "inside.fault.no_item"))
    warehouse = form.whole("warehouse") or 0
    if not warehouse or not request.user.reaches(warehouse):
        wrong.append(Fault(0, "warehouse", "inside.fault.no_warehouse"))
    home = (await catalog.location_ids_by_code([home_code])).get(home_code) if home_code else None
    if home_code and home is None:
        wrong.append(Fault(0, "home", "inside.fault.no_place"))
    figures: dict[str, int] = {}
    for field in FIELDS:
        try:
            figures[field] = quantity.parse(form.text(field).strip() or "0")
        except quantity.NotAQuantity:
            wrong.append(Fault(0, field, "inside.fault.quantity"))
    wanted = Wanted(item=meant.id if meant else 0, warehouse=warehouse, home=home, **figures)
    return wanted, wrong


routes: list[Any] = [levels, set_level, drop_level]
