"""Which steps a warehouse takes: putting away for goods in; picking, packing, checking, shipping for goods out."""

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import web
from server.catalog import queries as catalog
from server.catalog.maintaining import Edited, Refused
from server.inbound import arranging, queries
from server.inbound.queries import Setting
from server.outbound import notice, releasing, surveying
from server.outbound.notice import Steps
from server.outbound.ordering import By
from server.web import HTMXRequest, may

PATH = "/catalog/warehouses/{warehouse_id:int}/steps"
GUARDS = [may("edit locations"), may("edit receiving")]


@get(PATH, guards=GUARDS)
async def steps_page(
    request: HTMXRequest, warehouse_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """The steps of a warehouse as two forms: goods out and goods in."""
    return await _page(request, warehouse_id, {}, {}, done=done if done == "saved" else "")


@post(f"{PATH}/outbound", guards=GUARDS)
async def settle_outbound(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """From now on goods leave by these steps."""
    await _existing(request, warehouse_id)
    form = await web.form(request)
    wanted = Steps(
        picks=form.flag("picks"),
        packs=form.flag("packs"),
        checkers=_whole(form.whole("checkers")),
        ships=form.flag("ships"),
        delivers=form.flag("delivers"),
        scans_bins=form.flag("scans_bins"),
        # What is neither is refused beside its field.
        rule=form.text("rule"),  # type: ignore[arg-type]
        aisle_mm=_whole(form.whole("aisle_mm")),
        bay_mm=_whole(form.whole("bay_mm")),
    )
    outcome = await releasing.settle_steps(warehouse_id, wanted, by=By(request.user.id))
    return await _answer(request, warehouse_id, outcome, web.flat(wanted))


@post(f"{PATH}/inbound", guards=GUARDS)
async def settle_inbound(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """From now on goods come in by these steps; the tolerance stays as it is."""
    await _existing(request, warehouse_id)
    form = await web.form(request)
    standing = (await queries.settings_of([warehouse_id])).get(warehouse_id, Setting())
    wanted = msgspec.structs.replace(
        standing, puts_away=form.flag("puts_away"), reject=form.whole("reject") or None
    )
    outcome = await arranging.arrange(warehouse_id, wanted, by=request.user.id)
    return await _answer(request, warehouse_id, outcome, web.flat(wanted))


def _whole(typed: int | None) -> int:
    """What is no number, or no number of this world, is refused as one that is too small."""
    return typed if typed is not None and typed < 2**31 else -1


async def _answer(
    request: HTMXRequest, warehouse_id: int, outcome: Edited | Refused, values: dict[str, str]
) -> Response[str]:
    if isinstance(outcome, Refused):
        return await _page(request, warehouse_id, values, web.errors(request, outcome.faults), status=422)
    return web.see(f"/catalog/warehouses/{warehouse_id}/steps?done=saved")


async def _existing(request: HTMXRequest, warehouse_id: int) -> catalog.Warehouse:
    place = await catalog.warehouse(web.known_id(warehouse_id))
    if place is None or not request.user.reaches(warehouse_id):
        raise NotFoundException(detail="warehouse")
    return place


async def _page(
    request: HTMXRequest,
    warehouse_id: int,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    done: str = "",
    status: int = 200,
) -> Response[str]:
    place = await _existing(request, warehouse_id)
    steps = (await surveying.steps_of([place.id]))[place.id]
    setting = (await queries.settings_of([place.id])).get(place.id, Setting())
    return web.page(
        request,
        "catalog/steps.html",
        status=status,
        warehouse=place,
        taken=notice.taken(steps),
        values=web.flat(steps) | web.flat(setting) | values,
        docks=await queries.docks(place.id),
        errors=errors,
        done=done,
    )


routes = [steps_page, settle_outbound, settle_inbound]
