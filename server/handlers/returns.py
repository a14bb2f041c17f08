"""Returns on the desk, both ways, and how a warehouse takes goods in."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, money, quantity, web
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import reading
from server.inbound import arranging, queries, returning
from server.inbound.queries import Receipt, Rule, Setting, Shipment, SupplierReturn
from server.sync import unloading
from server.web import Form, HTMXRequest, may

RETURNS = "/inbound/returns"
SETTINGS = "/inbound/settings"
TONES = {"draft": "caution", "shipped": "good", "cancelled": "bad"}


# From customers


@get("/inbound/shipments/{notice_id:int}/return", guards=[may("see receipts")])
async def customer_return(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """What of a shipment may come back."""
    return _customer_form(request, await _shipment(request, notice_id), {}, {})


@post("/inbound/shipments/{notice_id:int}/return", guards=[may("receive goods")])
async def ask_back(request: HTMXRequest, notice_id: FromPath[int]) -> Response[str]:
    """Expect it back."""
    shipment, form = await _shipment(request, notice_id), await web.form(request)
    wanted = _wanted(form, [line.line for line in shipment.lines])
    outcome = await returning.ask_back(notice_id, wanted, desk.reason(form), by=request.user.id)
    match outcome:
        case Refused(faults):
            return _customer_form(request, shipment, form.typed(), web.errors(request, faults), 422)
        case Missing():
            raise NotFoundException(detail="shipment")
    return web.see(f"/inbound/receipts/{outcome.ids[0]}?done=added")


async def _shipment(request: HTMXRequest, notice_id: int) -> Shipment:
    found = await queries.shipped(web.known_id(notice_id))
    if found is None or not request.user.reaches(found.warehouse):
        raise NotFoundException(detail="shipment")
    return found


def _customer_form(
    request: HTMXRequest,
    shipment: Shipment,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response[str]:
    rows = [(one.line, one.code, one.name, one.base, one.shipped, one.returned) for one in shipment.lines]
    return web.page(
        request,
        "inbound/return_form.html",
        status=status,
        kind="ask_back",
        action=f"/inbound/shipments/{shipment.id}/return",
        about=f"{shipment.customer_name} · {shipment.number}",
        rows=rows,
        values=values,
        errors=errors,
    )


# To suppliers


@get(RETURNS, guards=[may("see purchases")])
async def returns(request: HTMXRequest) -> Response[str]:
    """Returns to suppliers, narrowed as this person left them."""
    view = await desk.view(request, queries.RETURN_STATES, queries.RETURN_SORTS)
    found = await queries.supplier_returns(view.filters, request.user.warehouses)
    counts = await queries.supplier_return_counts(view.filters, request.user.warehouses)
    return web.page(
        request, "inbound/returns.html", block="list", view=view, found=found, counts=counts, tones=TONES
    )


@get("/inbound/receipts/{receipt_id:int}/return", guards=[may("edit purchases")])
async def supplier_return_form(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """What of a receipt may go back."""
    return await _supplier_form(request, await _receipt(request, receipt_id), {}, {})


@post("/inbound/receipts/{receipt_id:int}/return", guards=[may("edit purchases")])
async def give_back(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """Write down that it goes back."""
    one, form = await _receipt(request, receipt_id), await web.form(request)
    lines = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
    wanted = _wanted(form, [each.line.id for each in lines])
    outcome = await returning.give_back(receipt_id, wanted, desk.reason(form), by=request.user.id)
    match outcome:
        case Refused(faults):
            return await _supplier_form(request, one, form.typed(), web.errors(request, faults), 422)
        case Missing():
            raise NotFoundException(detail="receipt")
    return web.see(f"{RETURNS}/{outcome.ids[0]}?done=added")


@get(f"{RETURNS}/{{return_id:int}}", guards=[may("see purchases")])
async def return_page(
    request: HTMXRequest, return_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One return to a supplier."""
    one = await _return(request, return_id)
    return await _return_page(request, one, done=done if done == "added" else "")


@post(f"{RETURNS}/{{return_id:int}}/sending", guards=[may("receive goods")])
async def send_off(request: HTMXRequest, return_id: FromPath[int]) -> Response[str]:
    """The goods leave."""
    one = await _return(request, return_id)
    return await _after(request, one, "sending", await unloading.send_off(return_id, by=request.user.id))


@post(f"{RETURNS}/{{return_id:int}}/keeping", guards=[may("edit purchases")])
async def keep(request: HTMXRequest, return_id: FromPath[int]) -> Response[str]:
    """The goods stay."""
    one, form = await _return(request, return_id), await web.form(request)
    outcome = await returning.keep(return_id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "keeping", outcome)


async def _receipt(request: HTMXRequest, receipt_id: int) -> Receipt:
    one = await queries.receipt_by_id(web.known_id(receipt_id))
    if one is None or one.kind != "purchase" or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="receipt")
    return one


async def _return(request: HTMXRequest, return_id: int) -> SupplierReturn:
    one = await queries.supplier_return(web.known_id(return_id))
    if one is None or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="return")
    return one


async def _supplier_form(
    request: HTMXRequest, one: Receipt, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response[str]:
    gone = await queries.given_back(one.id)
    lines = (await queries.receipt_lines([one.id])).get(one.id, [])
    rows = [
        (each.line.id, each.code, each.name, each.base, each.line.received, gone.get(each.line.id, 0))
        for each in lines
    ]
    return web.page(
        request,
        "inbound/return_form.html",
        status=status,
        kind="give_back",
        action=f"/inbound/receipts/{one.id}/return",
        about=f"{one.partner_name} · {one.number}",
        rows=rows,
        values=values,
        errors=errors,
    )


async def _after(
    request: HTMXRequest, one: SupplierReturn, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(
        request, outcome, step, f"{RETURNS}/{one.id}", partial(_return_page, request, one)
    )


async def _return_page(
    request: HTMXRequest,
    one: SupplierReturn,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "inbound/return.html",
        status=status,
        one=one,
        steps=desk.steps(
            request,
            f"{RETURNS}/{one.id}",
            "inbound.return",
            OFFERED if one.state == "draft" else (),
            refused or {},
        ),
        tones=TONES,
        about=await desk.about(request, "inbound", f"sr-{one.id}"),
        done=done,
    )


OFFERED = (
    Offer("sending", "receive goods", "primary"),
    Offer("keeping", "edit purchases", "danger", asks=True),
)
"""What can be done with a draft."""


def _wanted(form: Form, lines: Sequence[int]) -> dict[int, int]:
    """What was typed beside each line; −1, which nobody may return, for what is no quantity."""
    typed = {line: form.text(f"back.{line}").strip() for line in lines}
    return {line: _much(text) for line, text in typed.items() if text}


def _much(text: str) -> int:
    try:
        return quantity.parse(text)
    except quantity.NotAQuantity:
        return -1


# How goods are taken in


@get(SETTINGS, guards=[may("edit receiving")])
async def settings_page(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """How each of this visitor's warehouses takes goods in."""
    return await _settings_page(request, 0, {}, {}, done=done if done == "saved" else "")


@post(f"{SETTINGS}/{{warehouse_id:int}}", guards=[may("edit receiving")])
async def arrange(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """Write it down."""
    await _reached(request, warehouse_id)
    form = await web.form(request)
    try:
        tolerance = money.parse_percent(form.text("tolerance").strip() or "0")
    except money.NotMoney:
        tolerance = -1
    wanted = Setting(tolerance, form.flag("puts_away"), form.whole("reject") or None)
    return await _saved(
        request, warehouse_id, form, await arranging.arrange(warehouse_id, wanted, by=request.user.id)
    )


@post(f"{SETTINGS}/{{warehouse_id:int}}/items", guards=[may("edit receiving")])
async def arrange_item(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """How one item arrives in a warehouse."""
    await _reached(request, warehouse_id)
    form = await web.form(request)
    typed = form.text("item").strip()
    meant = (await reading.goods_of([typed])).get(typed)
    outcome: Edited | Refused = Refused([Fault(0, "item", "documents.fault.unknown_item")])
    if meant is not None:
        rule = Rule(form.flag("is_inspected"))
        outcome = await arranging.rule(meant.id, warehouse_id, rule, by=request.user.id)
    return await _saved(request, warehouse_id, form, outcome)


async def _reached(request: HTMXRequest, warehouse_id: int) -> None:
    if await catalog.warehouse(web.known_id(warehouse_id)) is None or not request.user.reaches(warehouse_id):
        raise NotFoundException(detail="warehouse")


async def _saved(
    request: HTMXRequest, warehouse_id: int, form: Form, outcome: Edited | Refused
) -> Response[str]:
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return await _settings_page(request, warehouse_id, form.typed(), errors, status=422)
    return web.see(f"{SETTINGS}?done=saved")


async def _settings_page(
    request: HTMXRequest,
    refused: int,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    done: str = "",
    status: int = 200,
) -> Response[str]:
    mine = await desk.warehouses(request)
    standing = await queries.settings_of(place.id for place in mine)
    houses = [(place, standing.get(place.id, Setting()), await queries.docks(place.id)) for place in mine]
    return web.page(
        request,
        "inbound/settings.html",
        status=status,
        houses=houses,
        refused=refused,
        values=values,
        errors=errors,
        done=done,
    )


routes: list[Any] = [
    customer_return,
    ask_back,
    returns,
    supplier_return_form,
    give_back,
    return_page,
    send_off,
    keep,
    settings_page,
    arrange,
    arrange_item,
]
