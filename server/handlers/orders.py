"""Sales orders on the desk: the list, writing one down, and what can be done with it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, money, quantity, web, words
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Missing, Refused
from server.desk import Offer, Step
from server.documents import line, reading
from server.documents.line import Line
from server.outbound import hinting, order, ordering, queries, releasing
from server.outbound.order import Head, OrderLine
from server.outbound.ordering import By, NotNow
from server.outbound.queries import Order, ShownLine
from server.web import Form, HTMXRequest, may

PATH = "/outbound/orders"
HEAD = ("wanted_on", "reference", "address", "contact", "phone", "remark", "policy")
DONE = ("saved", "confirmed", "noticed", "released", "cancelled", "closed")


@get(PATH, guards=[may("see orders")])
async def orders(request: HTMXRequest) -> Response[str]:
    """Orders, by filters that stay."""
    view = await desk.view(request, order.STATES, queries.SORTS)
    seen = request.user.warehouses
    found = await queries.orders(view.filters, seen)
    counts = await queries.counts(view.filters, seen, found)
    return web.page(request, "outbound/orders.html", block="list", view=view, found=found, counts=counts)


# Writing one down


@get(f"{PATH}/new", guards=[may("edit orders")])
async def new_order(request: HTMXRequest, customer: FromQuery[str] = "") -> Response[str]:
    """A form for a new order, as it was left."""
    draft = await desk.draft(request)
    form = draft.form if draft else desk.form_of({"customer": customer[:64]})
    return await _form(request, form, {}, draft=draft)


@post(PATH, guards=[may("edit orders")])
async def add_order(request: HTMXRequest) -> Response[str]:
    """Write an order down, and promise it at once if that was asked."""
    form = await web.form(request)
    head, lines, faults = await _read(form)
    if faults:
        return await _form(request, form, web.errors(request, faults), status=422)
    is_confirmed = form.flag("confirm") and request.user.may("confirm orders")
    activity = ordering.place if is_confirmed else ordering.save
    outcome = await activity(head, lines, by=_by(request))
    match outcome:
        case Refused(found):
            return await _form(request, form, web.errors(request, found), status=422)
        case NotNow():
            return await _form(request, form, {"": _why_not(request, outcome)}, status=422)
    await desk.forget_draft(request, form)
    return web.see(f"{PATH}/{outcome.id}?done={'confirmed' if is_confirmed else 'saved'}")


@get(f"{PATH}/{{order_id:int}}/edit", guards=[may("edit orders")])
async def edit_order_page(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """The same as a form, as it stands or as it was left."""
    standing = await _existing(request, order_id)
    draft = await desk.draft(request)
    form = draft.form if draft else desk.form_of(_values(standing, await queries.shown_lines(order_id)))
    return await _form(request, form, {}, standing=standing, draft=draft)


@post(f"{PATH}/{{order_id:int}}", guards=[may("edit orders")])
async def edit_order(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    standing = await _existing(request, order_id)
    form = await web.form(request)
    head, lines, faults = await _read(form)
    if faults:
        return await _form(request, form, web.errors(request, faults), standing=standing, status=422)
    outcome = await ordering.edit(order_id, head, lines, version=form.whole("version") or 0, by=_by(request))
    if isinstance(outcome, NotNow):
        told = {"": _why_not(request, outcome)}
        return await _form(request, form, told, standing=standing, status=409)
    again = partial(_form, request, standing=standing)
    if isinstance(outcome, web.Unsaved):
        why = web.not_saved(request, outcome, form, PATH)
        return await again(why.form, why.errors, status=why.status)
    await desk.forget_draft(request, form)
    return web.see(f"{PATH}/{order_id}?done=saved")


@post(f"{PATH}/hints", guards=[may("edit orders")], status_code=200)
async def hints(request: HTMXRequest) -> Response[str]:
    """What can be promised of each line while it is typed, at which price, and how the customer stands."""
    form = await web.form(request)
    head, own = await _head(form), form.whole("order") or 0
    names = {one.id: one.name or one.code for one in await desk.warehouses(request)}
    return web.page(
        request,
        "outbound/hints.html",
        hints=await hinting.hints(form.rows("lines", *line.COLUMNS), head, names=names, apart=own),
        credit=await hinting.credit(head.customer, apart=own),
        wanted_on=head.wanted_on,
    )


@get(f"{PATH}/customers", guards=[may("edit orders")])
async def customers(request: HTMXRequest, customer: FromQuery[str] = "") -> Response[str]:
    """Customers that what was typed may mean."""
    found = await catalog.find_partners(customer[:100]) if customer.strip() else None
    rows = [one for one in found.rows if one.is_customer][:12] if found else []
    return web.page(request, "outbound/customers.html", rows=rows)


# One order


@get(f"{PATH}/{{order_id:int}}", guards=[may("see orders")])
async def order_page(
    request: HTMXRequest, order_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One order: what is promised, what is owed, what can be done, what happened."""
    return await _page(request, order_id, done=done if done in DONE else "")


@post(f"{PATH}/{{order_id:int}}/confirmation", guards=[may("confirm orders")])
async def confirm(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Promise it."""
    outcome = await ordering.confirm(web.known_id(order_id), by=_by(request))
    return await _went(request, order_id, outcome, "confirmed", "confirmation")


@post(f"{PATH}/{{order_id:int}}/notices", guards=[may("release notices")])
async def release(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Give the floor what is reserved of it."""
    outcome = await releasing.release_order(web.known_id(order_id), by=_by(request))
    match outcome:
        case Missing():
            raise NotFoundException(detail="order")
        case releasing.NotNow(reasons):
            told = " ".join(words.t(f"outbound.blocked.{why}", request.user.language) for why in reasons)
            return await _page(request, order_id, refused={"notices": told}, status=422)
    return web.see(f"{PATH}/{order_id}?done=noticed")


@post(f"{PATH}/{{order_id:int}}/cancellation", guards=[may("edit orders")])
async def cancel(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Take it back."""
    reason = desk.reason(await web.form(request))
    outcome = await ordering.cancel(web.known_id(order_id), reason=reason, by=_by(request))
    return await _went(request, order_id, outcome, "cancelled", "cancellation")


@post(f"{PATH}/{{order_id:int}}/closing", guards=[may("edit orders")])
async def close_short(request: HTMXRequest, order_id: FromPath[int]) -> Response[str]:
    """Send no more of it."""
    reason = desk.reason(await web.form(request))
    outcome = await ordering.close_short(web.known_id(order_id), reason=reason, by=_by(request))
    return await _went(request, order_id, outcome, "closed", "closing")


@post(f"{PATH}/{{order_id:int}}/holds/{{hold:str}}/release", guards=[may("release orders")])
async def release_hold(request: HTMXRequest, order_id: FromPath[int], hold: FromPath[str]) -> Response[str]:
    """Let it go in spite of a hold."""
    reason = desk.reason(await web.form(request))
    outcome = await ordering.release_hold(web.known_id(order_id), hold, reason=reason, by=_by(request))
    return await _went(request, order_id, outcome, "released", f"holds/{hold}/release")


async def _went(request: HTMXRequest, order_id: int, outcome: object, done: str, step: str) -> Response[str]:
    """Look at what was done, or at why not beside the step that asked for it."""
    match outcome:
        case Missing():
            raise NotFoundException(detail="order")
        case NotNow():
            return await _page(request, order_id, refused={step: _why_not(request, outcome)}, status=422)
    return web.see(f"{PATH}/{order_id}?done={done}")


def _why_not(request: HTMXRequest, outcome: NotNow) -> str:
    """A refusal in words, with the orders that hold what was wanted."""
    language = request.user.language
    holders = {held.number: held.quantity for one in outcome.lines for held in one.holders}
    told = words.t(f"outbound.refused.{outcome.reason}", language)
    if not holders:
        return told
    held = words.t("outbound.list_mark", language).join(
        f"{number} × {quantity.format(amount)}" for number, amount in holders.items()
    )
    return f"{told} {words.t('outbound.held_by', language, orders=held)}"


def _by(request: HTMXRequest) -> By:
    return By(request.user.id, warehouses=request.user.warehouses)


async def _existing(request: HTMXRequest, order_id: int) -> Order:
    found = await queries.order(web.known_id(order_id), request.user.warehouses)
    if found is None:
        raise NotFoundException(detail="order")
    return found


async def _page(
    request: HTMXRequest,
    order_id: int,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    standing = await _existing(request, order_id)
    lines = await queries.shown_lines(order_id)
    return web.page(
        request,
        "outbound/order.html",
        status=status,
        order=standing,
        lines=lines,
        held_by=await queries.held_by(standing, lines),
        notices=await queries.notices(order_id),
        steps=_steps(request, standing, [shown.line for shown in lines], refused or {}),
        about=await desk.about(request, "outbound", standing.document),
        done=done,
    )


def _steps(
    request: HTMXRequest, standing: Order, lines: Sequence[OrderLine], refused: Mapping[str, str]
) -> list[Step]:
    """What this person can do with the order now."""
    may_do = {
        "confirmation": ("confirm orders", standing.state == "draft"),
        "notices": (
            "release notices",
            not order.blocked_by(standing.state, standing.hold, standing.policy, lines),
        ),
        **{
            f"holds/{hold}/release": ("release orders", hold in standing.hold.split()) for hold in order.HOLDS
        },
        "closing": ("edit orders", standing.state == "partly_shipped"),
        "cancellation": ("edit orders", standing.state in ("draft", "confirmed")),
    }
    offered = [
        Offer(
            name,
            action,
            tone="danger" if name in ("cancellation", "closing") else "primary",
            asks=name not in ("confirmation", "notices") and standing.state != "draft",
        )
        for name, (action, fits) in may_do.items()
        if fits or name in refused
    ]
    return desk.steps(request, f"{PATH}/{standing.id}", "outbound.step", offered, refused)


# The form


async def _form(
    request: HTMXRequest,
    form: Form,
    errors: dict[str, str],
    *,
    standing: Order | None = None,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    houses = await desk.warehouses(request)
    # Whoever sells mostly sells from the same warehouse.
    values = {"warehouse": await desk.usual_warehouse(request, houses)} | form.typed()
    return web.page(
        request,
        "outbound/order_form.html",
        status=status,
        path=f"{PATH}/{standing.id}/edit" if standing else f"{PATH}/new",
        standing=standing,
        values=values,
        warehouses=[(str(one.id), f"{one.code} {one.name}".strip()) for one in houses],
        policies=order.POLICIES,
        rows=await desk.editor_rows(form.rows("lines", *line.COLUMNS)),
        errors=errors,
        draft=draft,
    )


async def _read(form: Form) -> tuple[Head, list[Line], list[Fault]]:
    """The order as typed, and what of it cannot be read."""
    head = await _head(form)
    read = await reading.read_lines(form.rows("lines", *line.COLUMNS))
    faults = [*order.faults(head), *(one for one in read if isinstance(one, Fault))]
    if form.text("customer").strip() and not head.customer:
        # Something was typed: it is not missing, it means nobody.
        faults.append(Fault(0, "customer", "outbound.fault.no_customer"))
    return head, [one for one in read if isinstance(one, Line)], faults


async def _head(form: Form) -> Head:
    """The top of an order as typed; a discount that is none becomes one that no order may have."""
    try:
        discount = money.parse_percent(form.text("discount").strip() or "0")
    except money.NotMoney:
        discount = -1
    return Head(
        customer=await queries.customer_meant(form.text("customer")),
        warehouse=min(form.whole("warehouse") or 0, 2**31 - 1),
        discount=discount,
        priority=form.whole("priority") or 0,
        **{name: form.text(name).strip() for name in HEAD},
    )


def _values(standing: Order, lines: Sequence[ShownLine]) -> dict[str, str]:
    """An order as the texts of its form: what is still wanted, in the unit it was ordered in."""
    values = {name: str(getattr(standing, name)) for name in HEAD}
    values |= {
        "customer": standing.customer_code,
        "warehouse": str(standing.warehouse),
        "discount": money.format_percent(standing.discount) if standing.discount else "",
        "priority": str(standing.priority or ""),
        "version": str(standing.version),
    }
    for row, shown in enumerate(one for one in lines if one.line.wanted):
        own, prefix = shown.line, f"lines.{row}."
        amount, unit = order.counted(own, shown.base)
        values |= {
            f"{prefix}item": shown.code,
            f"{prefix}quantity": amount,
            f"{prefix}unit": unit,
            f"{prefix}price": money.format_price(own.unit_price if unit == own.unit else own.price),
            f"{prefix}discount": money.format_percent(own.discount) if own.discount else "",
        }
    return values


routes: list[Any] = [
    orders,
    new_order,
    add_order,
    edit_order_page,
    edit_order,
    hints,
    customers,
    order_page,
    confirm,
    release,
    cancel,
    close_short,
    release_hold,
]
