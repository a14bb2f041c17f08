"""Purchase orders on the desk."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, desk, money, quantity, web
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import line as lines
from server.documents import reading
from server.documents.line import Line
from server.inbound import purchase, purchasing, queries
from server.inbound.purchase import Head
from server.inbound.queries import Order, OrderLine
from server.web import Form, HTMXRequest, may

PATH = "/inbound/purchases"


@get(PATH, guards=[may("see purchases")])
async def purchases(request: HTMXRequest) -> Response[str]:
    """Purchase orders, narrowed as this person left them."""
    view = await desk.view(request, purchase.STATES, queries.ORDER_SORTS)
    found = await queries.orders(view.filters, request.user.warehouses)
    counts = await queries.order_counts(view.filters, request.user.warehouses)
    return web.page(
        request, "inbound/purchases.html", block="list", view=view, found=found, counts=counts, tones=TONES
    )


@get(f"{PATH}/new", guards=[may("edit purchases")])
async def new_purchase(request: HTMXRequest) -> Response[str]:
    """A form for a new order; what was typed before and not saved comes back."""
    draft = await desk.draft(request)
    form = draft.form if draft else desk.form_of({"ordered_on": clock.today().isoformat()})
    return await _form(request, None, form, {}, draft=draft)


@post(PATH, guards=[may("edit purchases")])
async def add_purchase(request: HTMXRequest) -> Response[str]:
    """Save a new order as a draft."""
    form = await web.form(request)
    head, typed, wrong = await _read(request, form)
    outcome = Refused(wrong) if wrong else await purchasing.save(head, typed, by=request.user.id)
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, None))


@get(f"{PATH}/{{order_id:int}}", guards=[may("see purchases")])
async def purchase_page(
    request: HTMXRequest, order_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One order: what it says, what came of it, and what can be done now."""
    order = await _existing(request, order_id)
    return await _page(request, order, done=done if done in ("added", "saved") else "")


@get(f"{PATH}/{{order_id:int}}/edit", guards=[may("edit purchases")])
async def edit_purchase_page(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """The order as a form."""
    order = await _existing(request, order_id)
    draft = await desk.draft(request)
    form = draft.form if draft else _form_of(order, await queries.order_lines(order_id))
    return await _form(request, order, form, {}, draft=draft)


@post(f"{PATH}/{{order_id:int}}", guards=[may("edit purchases")])
async def edit_purchase(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    order = await _existing(request, order_id)
    form = await web.form(request)
    head, typed, wrong = await _read(request, form)
    version = form.whole("version") or 0
    outcome = (
        Refused(wrong)
        if wrong
        else await purchasing.change(order_id, head, typed, version=version, by=request.user.id)
    )
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, order))


@post(f"{PATH}/{{order_id:int}}/confirmation", guards=[may("edit purchases")])
async def confirm_purchase(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """The supplier is to deliver it."""
    order = await _existing(request, order_id)
    return await _after(
        request, order, "confirmation", await purchasing.confirm(order_id, by=request.user.id)
    )


@post(f"{PATH}/{{order_id:int}}/cancellation", guards=[may("edit purchases")])
async def cancel_purchase(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Nothing will come of it."""
    order, form = await _existing(request, order_id), await web.form(request)
    outcome = await purchasing.cancel(order_id, desk.reason(form), by=request.user.id)
    return await _after(request, order, "cancellation", outcome)


@post(f"{PATH}/{{order_id:int}}/closing", guards=[may("edit purchases")])
async def close_purchase(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """The rest will not come."""
    order, form = await _existing(request, order_id), await web.form(request)
    outcome = await purchasing.close_short(order_id, desk.reason(form), by=request.user.id)
    return await _after(request, order, "closing", outcome)


TONES = {"draft": "", "confirmed": "accent", "partly_received": "caution", "done": "good", "cancelled": "bad"}


async def _existing(request: HTMXRequest, order_id: int) -> Order:
    order = await queries.order(web.known_id(order_id))
    if order is None or not request.user.reaches(order.warehouse):
        raise NotFoundException(detail="purchase")
    return order


async def _after(
    request: HTMXRequest, order: Order, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(request, outcome, step, f"{PATH}/{order.id}", partial(_page, request, order))


async def _page(
    request: HTMXRequest,
    order: Order,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "inbound/purchase.html",
        status=status,
        order=order,
        lines=await queries.order_lines(order.id),
        receipts=await queries.receipts_of(f"po-{order.id}"),
        steps=desk.steps(
            request, f"{PATH}/{order.id}", "inbound.purchase", OFFERED.get(order.state, ()), refused or {}
        ),
        tones=TONES,
        about=await desk.about(request, "inbound", f"po-{order.id}"),
        done=done,
    )


OFFERED = {
    "draft": (
        Offer("confirmation", "edit purchases", "primary"),
        Offer("cancellation", "edit purchases", "danger", asks=True),
    ),
    "confirmed": (Offer("cancellation", "edit purchases", "danger", asks=True),),
    "partly_received": (Offer("closing", "edit purchases", asks=True),),
}
"""What can be done with an order in each state."""


async def _form(
    request: HTMXRequest,
    order: Order | None,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    houses = await desk.warehouses(request)
    return web.page(
        request,
        "inbound/purchase_form.html",
        status=status,
        order=order,
        path=f"{PATH}/{order.id}/edit" if order else f"{PATH}/new",
        values={"warehouse": await desk.usual_warehouse(request, houses)} | form.typed(),
        rows=await desk.editor_rows(form.rows("lines", *lines.DATED), columns=lines.DATED),
        suppliers=await queries.suppliers(),
        warehouses=houses,
        errors=errors,
        draft=draft,
    )


def _form_of(order: Order, standing: list[OrderLine]) -> Form:
    """An order as the texts of its form; quantities in the unit in which they were ordered."""
    fields = {
        "supplier": order.supplier_code,
        "warehouse": str(order.warehouse),
        "ordered_on": order.ordered_on,
        "expected_on": order.expected_on,
        "reference": order.reference,
        "remark": order.remark,
        "version": str(order.version),
    }
    for index, one in enumerate(one for one in standing if one.line.quantity > one.line.cancelled):
        wanted = one.line.quantity - one.line.cancelled
        whole, rest = divmod(wanted * quantity.SCALE, one.line.factor)
        # What cannot be said exactly in the ordered unit any more is said in the base unit, and so is its price.
        unit, amount, price = (
            (one.base, wanted, one.line.price) if rest else (one.line.unit, whole, one.line.unit_price)
        )
        fields |= {
            f"lines.{index}.item": one.code,
            f"lines.{index}.quantity": quantity.format(amount),
            f"lines.{index}.unit": unit,
            f"lines.{index}.price": money.format_price(price),
            f"lines.{index}.discount": money.format_percent(one.line.discount) if one.line.discount else "",
            f"lines.{index}.due_on": one.line.expected_on,
        }
    return desk.form_of(fields)


async def _read(request: HTMXRequest, form: Form) -> tuple[Head, list[Line], list[Fault]]:
    """What the form says, and what is wrong with it."""
    wrong: list[Fault] = []
    supplier = await queries.supplier_id(form.text("supplier").strip())
    if form.text("supplier").strip() and supplier is None:
        wrong.append(Fault(0, "supplier", "inbound.fault.no_supplier"))
    warehouse = form.whole("warehouse") or 0
    if warehouse and not request.user.reaches(warehouse):
        wrong.append(Fault(0, "warehouse", "inbound.fault.no_warehouse"))
    head = Head(
        supplier=supplier or 0,
        warehouse=warehouse,
        ordered_on=form.text("ordered_on"),
        expected_on=form.text("expected_on"),
        reference=form.text("reference").strip(),
        remark=form.text("remark").strip(),
    )
    read = await reading.read_lines(form.rows("lines", *lines.DATED))
    typed = [one for one in read if isinstance(one, Line)]
    wrong += [one for one in read if isinstance(one, Fault)]
    return head, typed, wrong


routes: list[Any] = [
    purchases,
    new_purchase,
    add_purchase,
    purchase_page,
    edit_purchase_page,
    edit_purchase,
    confirm_purchase,
    cancel_purchase,
    close_purchase,
]
