"""Goods in on the desk: receipts, what is received by hand, checks, putting away."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, quantity, web, words
from server.catalog import queries as catalog
from server.catalog.barcode import code_key
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import line as lines
from server.documents import queries as documents
from server.documents import reading, subject
from server.documents.line import Line
from server.inbound import inspecting, queries, receipt, receiving
from server.inbound.queries import Receipt
from server.people.role import counts_blind
from server.stock import queries as stock
from server.sync import unloading
from server.sync.unloading import Arrival, Carried
from server.web import Form, HTMXRequest, may

PATH = "/inbound/receipts"


@get(PATH, guards=[may("see receipts")])
async def receipts(request: HTMXRequest) -> Response[str]:
    """Receipts, narrowed as this person left them."""
    view = await desk.view(request, receipt.STATES, queries.RECEIPT_SORTS)
    found = await queries.receipts(view.filters, request.user.warehouses)
    counts = await queries.receipt_counts(view.filters, request.user.warehouses)
    waiting = await queries.open_inspections(request.user.warehouses)
    return web.page(
        request,
        "inbound/receipts.html",
        block="list",
        view=view,
        found=found,
        counts=counts,
        tones=TONES,
        checks=len(waiting),
    )


@get(f"{PATH}/new", guards=[may("receive goods")])
async def new_receipt(request: HTMXRequest) -> Response[str]:
    """A form for goods that come without an order."""
    draft = await desk.draft(request)
    return await _form(request, draft.form if draft else desk.form_of({}), {}, draft=draft)


@post(PATH, guards=[may("receive goods")])
async def add_receipt(request: HTMXRequest) -> Response[str]:
    """Save it as a draft."""
    form = await web.form(request)
    read = await reading.read_lines(form.rows("lines", *lines.COLUMNS))
    wrong = [one for one in read if isinstance(one, Fault)]
    warehouse = form.whole("warehouse") or 0
    if not request.user.reaches(warehouse):
        wrong.append(Fault(0, "warehouse", "inbound.fault.no_warehouse"))
    if wrong:
        return await _form(request, form, web.errors(request, wrong), status=422)
    head = receiving.Head(
        kind=form.text("kind"),
        warehouse=warehouse,
        partner=await queries.supplier_id(form.text("supplier").strip()),
        expected_on=form.text("expected_on")[:10],
        reference=form.text("reference").strip()[:200],
        remark=form.text("remark").strip()[:400],
    )
    typed = [one for one in read if isinstance(one, Line)]
    outcome = await receiving.save(head, typed, by=request.user.id)
    return await desk.saved(request, outcome, form, PATH, partial(_form, request))


@get(f"{PATH}/{{receipt_id:int}}", guards=[may("see receipts")])
async def receipt_page(
    request: HTMXRequest, receipt_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One receipt: what is expected, what came, what became of it, and what can be done now."""
    one = await _existing(request, receipt_id)
    return await _page(request, one, done=done if done in ("added", "saved") else "")


@post(f"{PATH}/{{receipt_id:int}}/expectation", guards=[may("receive goods")])
async def expect(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """A draft is ready for the floor."""
    one = await _existing(request, receipt_id)
    return await _after(request, one, "expectation", await receiving.expect(receipt_id, by=request.user.id))


@post(f"{PATH}/{{receipt_id:int}}/cancellation", guards=[may("receive goods")])
async def cancel(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """Nothing will come of it."""
    one, form = await _existing(request, receipt_id), await web.form(request)
    outcome = await receiving.cancel(receipt_id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "cancellation", outcome)


@post(f"{PATH}/{{receipt_id:int}}/completion", guards=[may("receive goods")])
async def complete(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """This delivery is complete; what is missing comes with another one."""
    one = await _existing(request, receipt_id)
    outcome = await receiving.close(receipt_id, comes_later=True, by=request.user.id)
    return await _after(request, one, "completion", outcome)


@post(f"{PATH}/{{receipt_id:int}}/closing", guards=[may("edit purchases")])
async def close(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """This delivery is complete; what is missing will not come at all."""
    one = await _existing(request, receipt_id)
    outcome = await receiving.close(receipt_id, comes_later=False, by=request.user.id)
    return await _after(request, one, "closing", outcome)


@post(f"{PATH}/{{receipt_id:int}}/reversal", guards=[may("decide conflicts")])
async def reverse(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """Take all of it back."""
    one, form = await _existing(request, receipt_id), await web.form(request)
    outcome = await unloading.reverse(receipt_id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "reversal", outcome)


@post(f"{PATH}/{{receipt_id:int}}/arrivals", guards=[may("receive goods")])
async def arrive(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """Book what stands on the dock."""
    one, form = await _existing(request, receipt_id), await web.form(request)
    arrivals, wrong = await _arrivals(form)
    outcome: Edited | Refused | Missing = Refused(wrong)
    if not wrong:
        dock = form.whole("dock") or 0
        outcome = await unloading.receive(receipt_id, dock, arrivals, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _page(request, one, typed=form, errors=web.errors(request, outcome.faults), status=422)
    return await _after(request, one, "arrivals", outcome)


@post(f"{PATH}/{{receipt_id:int}}/putaway", guards=[may("receive goods")])
async def put_away(request: HTMXRequest, receipt_id: FromPath[int]) -> Response[str]:
    """Goods were brought from the dock to these bins."""
    one, form = await _existing(request, receipt_id), await web.form(request)
    carried = await _carried(one, form)
    outcome: Edited | Refused | Missing = Refused([Fault(0, "", "inbound.fault.no_bin")])
    if carried is not None:
        outcome = await unloading.put_away(receipt_id, carried, by=request.user.id)
    if isinstance(outcome, Refused):
        told = {"putaway": words.t(outcome.faults[0].word, request.user.language)}
        return await _page(request, one, errors=told, status=422)
    return await _after(request, one, "putaway", outcome)


@post(f"{PATH}/{{receipt_id:int}}/excess/{{line_id:int}}/taking", guards=[may("edit purchases")])
async def take_excess(
    request: HTMXRequest, receipt_id: FromPath[int], line_id: FromPath[int]
) -> Response[str]:
    """Keep what came beyond the tolerance."""
    one = await _existing(request, receipt_id)
    outcome = await receiving.take_excess(web.known_id(line_id), receipt_id, by=request.user.id)
    return await _after(request, one, f"excess/{line_id}/taking", outcome)


@post(f"{PATH}/{{receipt_id:int}}/excess/{{line_id:int}}/sending-back", guards=[may("receive goods")])
async def send_back(request: HTMXRequest, receipt_id: FromPath[int], line_id: FromPath[int]) -> Response[str]:
    """Give it back to who brought it."""
    one = await _existing(request, receipt_id)
    outcome = await unloading.send_back_excess(receipt_id, web.known_id(line_id), by=request.user.id)
    return await _after(request, one, f"excess/{line_id}/sending-back", outcome)


# Checks


@get("/inbound/inspections", guards=[may("see receipts")])
async def inspections(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """What waits to be checked."""
    return await _inspections(request, {}, done=done if done == "saved" else "")


@post("/inbound/inspections/{check_id:int}/judgement", guards=[may("inspect goods")])
async def judge(request: HTMXRequest, check_id: FromPath[int]) -> Response[str]:
    """Decide about goods that wait to be checked."""
    check = await queries.inspection(web.known_id(check_id))
    if check is None or not request.user.reaches(check.warehouse):
        raise NotFoundException(detail="inspection")
    form = await web.form(request)
    outcome = await unloading.judge(
        check_id,
        form.text("result"),
        _much(form.text("quantity")),
        form.text("remark").strip(),
        by=request.user.id,
    )
    match outcome:
        case Refused(faults):
            errors = {str(check_id): words.t(faults[0].word, request.user.language)}
            return await _inspections(request, errors, status=422)
        case Missing():
            raise NotFoundException(detail="inspection")
    return web.see("/inbound/inspections?done=saved")


@post("/inbound/lots/{item_id:int}/holding", guards=[may("inspect goods")])
async def hold_lot(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Freeze a lot wherever it lies, or let it be used again."""
    form, item = await web.form(request), web.known_id(item_id)
    if not await catalog.item_drafts([item]):
        raise NotFoundException(detail="item")
    outcome = await inspecting.hold(
        item, form.text("lot"), desk.reason(form), is_held=form.flag("held"), by=request.user.id
    )
    if isinstance(outcome, Refused):
        told = {"lot": words.t(outcome.faults[0].word, request.user.language)}
        return await _inspections(request, told, status=422)
    return web.see(f"/stock/items/{item}")


TONES = {
    "draft": "",
    "expected": "accent",
    "receiving": "caution",
    "inspecting": "caution",
    "putaway": "caution",
    "done": "good",
    "partly_closed": "good",
    "cancelled": "bad",
    "reversed": "bad",
}


def _much(text: str) -> int:
    """A typed quantity; what is none is nothing, which no step accepts."""
    try:
        return quantity.parse(text.strip())
    except quantity.NotAQuantity:
        return 0


async def _existing(request: HTMXRequest, receipt_id: int) -> Receipt:
    one = await queries.receipt_by_id(web.known_id(receipt_id))
    if one is None or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="receipt")
    return one


async def _after(
    request: HTMXRequest, one: Receipt, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(request, outcome, step, f"{PATH}/{one.id}", partial(_page, request, one))


async def _page(
    request: HTMXRequest,
    one: Receipt,
    *,
    done: str = "",
    typed: Form | None = None,
    errors: dict[str, str] | None = None,
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    standing = (await queries.receipt_lines([one.id])).get(one.id, [])
    is_live = one.state in receipt.LIVE
    origin = subject.read(one.source)
    return web.page(
        request,
        "inbound/receipt.html",
        status=status,
        receipt=one,
        origin=origin,
        origin_number=await documents.number_of(origin) if origin else "",
        lines=standing,
        checks=(await queries.inspections_of([one.id])).get(one.id, []),
        waiting=await _waiting(request, one) if is_live else [],
        docks=await queries.docks(one.warehouse) if is_live else [],
        arrivals=[] if typed is None else typed.rows("arrivals", "item", "quantity", "unit", "lot", "expiry"),
        is_live=is_live,
        steps=_steps(request, one, refused or {}),
        tones=TONES,
        errors=errors or {},
        about=await desk.about(request, "inbound", one.document),
        done=done,
    )


async def _waiting(request: HTMXRequest, one: Receipt) -> list[queries.Waiting]:
    """What waits on the dock; of one that this person may be sent to count blind, nothing is said."""
    found = await queries.waiting(one.document, one.warehouse)
    if not counts_blind(request.user.role):
        return found
    blind = await stock.blind_among(each.lying.location for each in found)
    return [each for each in found if each.lying.location not in blind]


REVERSAL = Offer("reversal", "decide conflicts", "danger", asks=True)
OFFERED = {
    "draft": (
        Offer("expectation", "receive goods", "primary"),
        Offer("cancellation", "receive goods", "danger", asks=True),
    ),
    "expected": (Offer("cancellation", "receive goods", "danger", asks=True),),
    "receiving": (Offer("completion", "receive goods"), Offer("closing", "edit purchases"), REVERSAL),
    "inspecting": (REVERSAL,),
    "putaway": (REVERSAL,),
    "done": (REVERSAL,),
    "partly_closed": (REVERSAL,),
}
"""What can be done in each state."""


def _steps(request: HTMXRequest, one: Receipt, refused: Mapping[str, str]) -> list[desk.Step]:
    """What can be done with it now; who ordered the goods calls off the order, not its delivery."""
    offered = [
        offer
        for offer in OFFERED.get(one.state, ())
        if not (offer.name == "cancellation" and one.kind == "purchase")
    ]
    return desk.steps(request, f"{PATH}/{one.id}", "inbound.receipt", offered, refused)


async def _form(
    request: HTMXRequest,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    houses = await desk.warehouses(request)
    return web.page(
        request,
        "inbound/receipt_form.html",
        status=status,
        path=f"{PATH}/new",
        kinds=sorted(receiving.MANUAL),
        values={"warehouse": await desk.usual_warehouse(request, houses)} | form.typed(),
        rows=await desk.editor_rows(form.rows("lines", *lines.COLUMNS)),
        suppliers=await queries.suppliers(),
        warehouses=houses,
        errors=errors,
        draft=draft,
    )


async def _inspections(
    request: HTMXRequest, errors: dict[str, str], *, done: str = "", status: int = 200
) -> Response[str]:
    return web.page(
        request,
        "inbound/inspections.html",
        status=status,
        checks=await queries.open_inspections(request.user.warehouses),
        results=inspecting.RESULTS,
        errors=errors,
        done=done,
    )


async def _arrivals(form: Form) -> tuple[list[Arrival], list[Fault]]:
    """What was typed as received; rows without a quantity have not come."""
    rows = [
        row for row in form.rows("arrivals", "item", "quantity", "unit", "lot", "expiry", "serial") if row[1]
    ]
    read = await reading.read_lines([(*row[:3], "", "") for row in rows])
    wrong = [
        Fault(one.index, one.field.replace("lines.", "arrivals."), one.word)
        for one in read
        if isinstance(one, Fault)
    ]
    typed = [one for one in read if isinstance(one, Line)]
    if wrong:
        return [], wrong
    return [
        Arrival(item=one.item, quantity=one.quantity, lot=row[3], expiry=row[4], serial=row[5])
        for one, row in zip(typed, rows, strict=True)
    ], []


async def _carried(one: Receipt, form: Form) -> list[Carried] | None:
    """Which goods were brought where; None when something was typed that is no bin of this warehouse."""
    carried = []
    for row in form.rows("moves", "source", "item", "lot", "serial", "quantity", "bin"):
        source, item, lot, serial, much, code = row
        if not code or not _much(much):
            continue
        target = await queries.bin_by_code(code_key(code), one.warehouse)
        if target is None or not (source.isdecimal() and item.isdecimal()):
            return None
        carried.append(
            Carried(
                item=web.known_id(int(item)),
                quantity=_much(much),
                source=web.known_id(int(source)),
                target=target,
                lot=lot,
                serial=serial,
            )
        )
    return carried


routes: list[Any] = [
    receipts,
    new_receipt,
    add_receipt,
    receipt_page,
    expect,
    cancel,
    complete,
    close,
    reverse,
    arrive,
    put_away,
    take_excess,
    send_back,
    inspections,
    judge,
    hold_lot,
]
