"""Adjustments of stock on the desk."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, money, quantity, web, words
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import reading
from server.documents.line import Line as Typed
from server.finance import costing
from server.finance import queries as finance
from server.people.role import counts_blind
from server.stock import adjusting, adjustment, queries
from server.stock.adjustment import Head, Line
from server.stock.queries import Adjustment, AdjustmentLine
from server.sync import performing
from server.web import Form, HTMXRequest, may

PATH = "/stock/adjustments"
SORTS = ("number", "warehouse", "reason")
COLUMNS = ("item", "quantity", "unit", "location", "lot", "serial")
TONES = {"draft": "", "waiting": "caution", "posted": "good", "refused": "bad", "reversed": ""}


@get(PATH, guards=[may("see adjustments")])
async def adjustments(request: HTMXRequest) -> Response[str]:
    """Adjustments, narrowed as this person left them."""
    view = await desk.view(request, adjustment.STATES, SORTS)
    found = await queries.adjustments(view.filters, request.user.warehouses)
    counts = await queries.adjustment_counts(view.filters, request.user.warehouses)
    return web.page(
        request,
        "stock/adjustments.html",
        block="list",
        view=view,
        found=found,
        counts=counts,
        tones=TONES,
        shows_worth=_sees_worth(request),
    )


@get(f"{PATH}/new", guards=[may("edit adjustments")])
async def new_adjustment(
    request: HTMXRequest, location: FromQuery[int] = 0, reason: FromQuery[str] = ""
) -> Response[str]:
    """A form for a new adjustment; with a place it offers a row for everything that lies there."""
    draft = await desk.draft(request)
    form = draft.form if draft else await _form_at(request, location, reason)
    return await _form(request, None, form, {}, draft=draft)


@post(PATH, guards=[may("edit adjustments")])
async def add_adjustment(request: HTMXRequest) -> Response[str]:
    """Save a new adjustment as a draft."""
    form = await web.form(request)
    head, lines, wrong = await _read(request, form)
    outcome = Refused(wrong) if wrong else await adjusting.save(head, lines, by=request.user.id)
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, None))


@get(f"{PATH}/limits", guards=[may("set limits")])
async def limits(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """Up to which worth each warehouse adjusts without a second person."""
    return await _limits(request, {}, done="saved" if done == "saved" else "")


@post(f"{PATH}/limits", guards=[may("set limits")])
async def set_limit(request: HTMXRequest) -> Response[str]:
    """Set the limit of one warehouse."""
    form = await web.form(request)
    warehouse = form.whole("warehouse") or 0
    house = await catalog.warehouse(web.known_id(warehouse))
    if house is None or not request.user.reaches(warehouse):
        raise NotFoundException(detail="warehouse")
    try:
        amount = money.parse_amount(form.text("amount").strip())
    except money.NotMoney:
        amount = -1
    if amount < 0:
        return await _limits(request, {warehouse: words.t("inside.fault.amount", request.user.language)})
    await adjusting.set_limit(warehouse, amount, by=request.user.id)
    return web.see(f"{PATH}/limits?done=saved")


@get(f"{PATH}/{{adjustment_id:int}}", guards=[may("see adjustments")])
async def adjustment_page(
    request: HTMXRequest, adjustment_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One adjustment: what it changes, and what can be done now."""
    one = await _existing(request, adjustment_id)
    return await _page(request, one, done=done if done in ("added", "saved") else "")


@get(f"{PATH}/{{adjustment_id:int}}/edit", guards=[may("edit adjustments")])
async def edit_adjustment_page(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """The adjustment as a form."""
    one = await _existing(request, adjustment_id)
    draft = await desk.draft(request)
    form = draft.form if draft else _form_of(one, await queries.adjustment_lines(one.id))
    return await _form(request, one, form, {}, draft=draft)


@post(f"{PATH}/{{adjustment_id:int}}", guards=[may("edit adjustments")])
async def edit_adjustment(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    one, form = await _existing(request, adjustment_id), await web.form(request)
    head, lines, wrong = await _read(request, form)
    version = form.whole("version") or 0
    outcome = (
        Refused(wrong)
        if wrong
        else await adjusting.change(one.id, head, lines, version=version, by=request.user.id)
    )
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, one))


@post(f"{PATH}/{{adjustment_id:int}}/submission", guards=[may("edit adjustments")])
async def submit_adjustment(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """Ask for it: it is posted, or waits for a second person."""
    one = await _existing(request, adjustment_id)
    # What it comes to is asked of the costs as they are now, this second's movements included.
    await costing.catch_up()
    outcome = await adjusting.submit(
        one.id,
        await finance.averages(),
        may_post=request.user.may("adjust stock"),
        perform=performing.carry_out,
        by=request.user.id,
    )
    return await _after(request, one, "submission", outcome)


@post(f"{PATH}/{{adjustment_id:int}}/approval", guards=[may("approve adjustments")])
async def approve_adjustment(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """A second person says yes."""
    one = await _existing(request, adjustment_id)
    outcome = await adjusting.approve(one.id, perform=performing.carry_out, by=request.user.id)
    return await _after(request, one, "approval", outcome)


@post(f"{PATH}/{{adjustment_id:int}}/refusal", guards=[may("approve adjustments")])
async def refuse_adjustment(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """It is not to be."""
    one, form = await _existing(request, adjustment_id), await web.form(request)
    outcome = await adjusting.refuse(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "refusal", outcome)


@post(f"{PATH}/{{adjustment_id:int}}/reversal", guards=[may("approve adjustments")])
async def reverse_adjustment(request: HTMXRequest, adjustment_id: FromPath[int]) -> Response[str]:
    """Take it back."""
    one, form = await _existing(request, adjustment_id), await web.form(request)
    outcome = await adjusting.reverse(
        one.id, desk.reason(form), take_back=performing.take_back, by=request.user.id
    )
    return await _after(request, one, "reversal", outcome)


def _sees_worth(request: HTMXRequest) -> bool:
    """Who decides above a limit must see what it is measured by."""
    return request.user.may("see costs") or request.user.may("approve adjustments")


async def _existing(request: HTMXRequest, adjustment_id: int) -> Adjustment:
    one = await queries.adjustment(web.known_id(adjustment_id))
    if one is None or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="adjustment")
    return one


async def _after(
    request: HTMXRequest, one: Adjustment, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(request, outcome, step, f"{PATH}/{one.id}", partial(_page, request, one))


async def _page(
    request: HTMXRequest,
    one: Adjustment,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "stock/adjustment.html",
        status=status,
        one=one,
        lines=await queries.adjustment_lines(one.id),
        steps=desk.steps(
            request, f"{PATH}/{one.id}", "inside.step", OFFERED.get(one.state, ()), refused or {}
        ),
        tones=TONES,
        about=await desk.about(request, "inside", one.document),
        shows_worth=_sees_worth(request),
        counts_blind=counts_blind(request.user.role),
        limit=await queries.adjustment_limit(one.warehouse),
        done=done,
    )


OFFERED = {
    "draft": (
        Offer("submission", "edit adjustments", "primary"),
        Offer("refusal", "approve adjustments", asks=True),
    ),
    "waiting": (
        Offer("approval", "approve adjustments", "primary"),
        Offer("refusal", "approve adjustments", "danger", asks=True),
    ),
    "posted": (Offer("reversal", "approve adjustments", "danger", asks=True),),
}
"""What can be done in each state."""


async def _limits(request: HTMXRequest, wrong: dict[int, str], *, done: str = "") -> Response[str]:
    set_ones = await queries.adjustment_limits()
    houses = await desk.warehouses(request)
    return web.page(
        request,
        "stock/adjustment_limits.html",
        status=422 if wrong else 200,
        houses=[(house, set_ones.get(house.id, adjustment.LIMIT)) for house in houses],
        wrong=wrong,
        done=done,
    )


async def _form(
    request: HTMXRequest,
    one: Adjustment | None,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    # Rows that count stand first, so that what is wrong with the third of them is said beside it.
    typed = sorted(form.rows("lines", *COLUMNS), key=lambda row: not row[1])
    houses = await desk.warehouses(request)
    return web.page(
        request,
        "stock/adjustment_form.html",
        status=status,
        one=one,
        path=f"{PATH}/{one.id}/edit" if one else f"{PATH}/new",
        values={"warehouse": await desk.usual_warehouse(request, houses)} | form.typed(),
        rows=await desk.editor_rows(typed, columns=COLUMNS),
        reasons=list(adjustment.REASONS),
        warehouses=houses,
        errors=errors,
        draft=draft,
    )


async def _form_at(request: HTMXRequest, location: int, reason: str) -> Form:
    """A row for everything that lies at a place, so that only the change is typed."""
    place = (await catalog.locations([location])).get(location) if 0 < location <= web.MAX_ID else None
    if place is None or not request.user.reaches(place.warehouse):
        return desk.form_of({"reason": reason})
    fields = {"warehouse": str(place.warehouse), "reason": reason}
    is_blind = counts_blind(request.user.role)
    lying = await queries.at_location(place.id, request.user.warehouses, is_blind=is_blind)
    for index, each in enumerate(lying):
        row = (each.item_code, "", "", each.location_code, each.lot, each.serial)
        fields |= {f"lines.{index}.{name}": text for name, text in zip(COLUMNS, row, strict=True)}
    return desk.form_of(fields)


def _form_of(one: Adjustment, standing: Sequence[AdjustmentLine]) -> Form:
    fields = {
        "warehouse": str(one.warehouse),
        "reason": one.reason,
        "remark": one.remark,
        "version": str(one.version),
    }
    for index, each in enumerate(standing):
        line = each.line
        row = (each.code, quantity.format(line.quantity), "", each.location_code, line.lot, line.serial)
        fields |= {f"lines.{index}.{name}": text for name, text in zip(COLUMNS, row, strict=True)}
    return desk.form_of(fields)


async def _read(request: HTMXRequest, form: Form) -> tuple[Head, list[Line], list[Fault]]:
    """What the form says, and what is wrong with it; rows without a quantity do not count."""
    warehouse = form.whole("warehouse") or 0
    wrong: list[Fault] = []
    if warehouse and not request.user.reaches(warehouse):
        wrong.append(Fault(0, "warehouse", "inside.fault.no_warehouse"))
    rows = [row for row in form.rows("lines", *COLUMNS) if row[1]]
    signs = [_signed(row[1]) for row in rows]
    read = await reading.read_lines(
        [(row[0], size, row[2]) for row, (_, size) in zip(rows, signs, strict=True)]
    )
    wrong += [_said(one) for one in read if isinstance(one, Fault)]
    places = await catalog.location_ids_by_code(row[3].upper() for row in rows)
    wrong += [
        Fault(index, f"lines.{index}.location", "inside.fault.no_place")
        for index, row in enumerate(rows)
        if row[3].upper() not in places
    ]
    head = Head(warehouse=warehouse, reason=form.text("reason"), remark=form.text("remark").strip())
    if wrong:
        return head, [], wrong
    lines = [
        Line(
            item=one.item,
            location=places[row[3].upper()],
            lot=row[4],
            serial=row[5],
            quantity=sign * one.quantity,
        )
        for one, row, (sign, _) in zip(read, rows, signs, strict=True)
        if isinstance(one, Typed)
    ]
    return head, lines, []


def _signed(text: str) -> tuple[int, str]:
    """A change as its sign and its size; a leading plus and the wide minus of Chinese keyboards are read too."""
    plain = text.replace("－", "-").replace("−", "-").removeprefix("+")
    return (-1, plain[1:]) if plain.startswith("-") else (1, plain)


def _said(fault: Fault) -> Fault:
    """What is wrong with a line; a change may well be below zero, so its size is named in words of its own."""
    if fault.word.startswith("documents.fault.quantity_"):
        return Fault(fault.index, fault.field, "inside.fault.quantity")
    return fault


routes: list[Any] = [
    adjustments,
    new_adjustment,
    add_adjustment,
    limits,
    set_limit,
    adjustment_page,
    edit_adjustment_page,
    edit_adjustment,
    submit_adjustment,
    approve_adjustment,
    refuse_adjustment,
    reverse_adjustment,
]
