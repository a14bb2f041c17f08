"""Making things on the desk: what items are made of, and production orders."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, quantity, web
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import line as lines
from server.documents import reading
from server.documents.line import Line as Typed
from server.finance import queries as finance
from server.making import bill, composing, hinting, queries, work, working
from server.making.queries import Work, WorkLine
from server.making.work import Head
from server.people.role import counts_blind
from server.stock import queries as stock
from server.stock.queries import Lying
from server.stock.transfer import Goods
from server.sync import producing
from server.sync.producing import Product
from server.web import Form, HTMXRequest, may

PATH = "/making/orders"
BILLS = "/making/bills"
TONES = {
    "draft": "",
    "approved": "accent",
    "picked": "caution",
    "done": "good",
    "cancelled": "bad",
    "reversed": "bad",
}
GOODS = ("item", "location", "lot", "serial", "quantity")
"""The fields of a row of material: `goods.0.item` and so on."""

PRODUCTS = ("item", "quantity", "lot", "expiry", "serial")
"""The fields of a row of products."""

CARRIED = ("issue", "return", "products")
"""Steps that have forms of their own."""


# Orders


@get(PATH, guards=[may("see production")])
async def works(request: HTMXRequest) -> Response[str]:
    """Production orders, narrowed as this person left them."""
    view = await desk.view(request, work.STATES, tuple(queries.SORTS))
    found = await queries.works(view.filters, request.user.warehouses)
    counts = await queries.work_counts(view.filters, request.user.warehouses)
    return web.page(
        request, "making/works.html", block="list", view=view, found=found, counts=counts, tones=TONES
    )


@get(f"{PATH}/new", guards=[may("plan production")])
async def new_work(
    request: HTMXRequest, kind: FromQuery[str] = "", item: FromQuery[int] = 0
) -> Response[str]:
    """A form for a new order of a kind; what was typed before and not saved comes back."""
    draft = await desk.draft(request)
    if draft and not item and kind in ("", draft.form.text("kind")):
        return await _form(request, None, draft.form, {}, draft=draft)
    product = (await catalog.item_drafts([web.known_id(item)])).get(item) if item else None
    standing = await queries.bill_of(item) if product else None
    houses = await desk.warehouses(request)
    fields = {
        "kind": kind if kind in work.KINDS else "assembly",
        "product": product.code if product else "",
        "is_backflush": "on" if standing and standing.bill.is_backflush else "",
        "warehouse": str(houses[0].id) if houses else "",
    }
    return await _form(request, None, desk.form_of(fields), {})


@post(PATH, guards=[may("plan production")])
async def add_work(request: HTMXRequest) -> Response[str]:
    """Save a new order as a draft."""
    form = await web.form(request)
    head, typed, wrong = await _read(request, form)
    outcome = Refused(wrong) if wrong else await working.save(head, typed, by=request.user.id)
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, None))


@post(f"{PATH}/hints", guards=[may("plan production")], status_code=200)
async def needs(request: HTMXRequest) -> Response[str]:
    """What the order being typed needs, and what there is of it; writes nothing."""
    form = await web.form(request)
    head, typed, _ = await _read(request, form)
    rows = form.rows("lines", *lines.COLUMNS)
    standing = await queries.bill_of(head.product) if head.product else None
    return web.page(
        request,
        "making/needs.html",
        hints=await hinting.of_rows(rows, head),
        needs=await hinting.needs(head, typed),
        head=head,
        has_bill=standing is not None,
        is_by_itself=bool(standing and standing.bill.is_backflush),
    )


@get(f"{PATH}/{{work_id:int}}", guards=[may("see production")])
async def work_page(request: HTMXRequest, work_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """One order: where it stands, and what can be done now."""
    one = await _existing(request, work_id)
    return await _page(request, one, done=done if done in ("added", "saved") else "")


@get(f"{PATH}/{{work_id:int}}/edit", guards=[may("plan production")])
async def edit_work_page(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """The order as a form."""
    one = await _existing(request, work_id)
    draft = await desk.draft(request)
    form = draft.form if draft else _form_of(one, await queries.shown_lines(one.id))
    return await _form(request, one, form, {}, draft=draft)


@post(f"{PATH}/{{work_id:int}}", guards=[may("plan production")])
async def edit_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    one, form = await _existing(request, work_id), await web.form(request)
    head, typed, wrong = await _read(request, form)
    version = form.whole("version") or 0
    outcome = (
        Refused(wrong)
        if wrong
        else await working.change(one.id, head, typed, version=version, by=request.user.id)
    )
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, one))


@post(f"{PATH}/{{work_id:int}}/approval", guards=[may("approve production")])
async def approve_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """Let it out to the floor."""
    one = await _existing(request, work_id)
    return await _after(request, one, "approval", await working.approve(one.id, by=request.user.id))


@post(f"{PATH}/{{work_id:int}}/reservation", guards=[may("plan production")])
async def reserve_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """Keep for it what has come meanwhile."""
    one = await _existing(request, work_id)
    return await _after(request, one, "reservation", await working.reserve(one.id, by=request.user.id))


@post(f"{PATH}/{{work_id:int}}/cancellation", guards=[may("plan production")])
async def cancel_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """Nothing will be made."""
    one, form = await _existing(request, work_id), await web.form(request)
    outcome = await working.cancel(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "cancellation", outcome)


@post(f"{PATH}/{{work_id:int}}/finish", guards=[may("plan production")])
async def finish_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """No more will be made."""
    one, form = await _existing(request, work_id), await web.form(request)
    outcome = await working.finish(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "finish", outcome)


@post(f"{PATH}/{{work_id:int}}/reversal", guards=[may("approve production")])
async def reverse_work(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """Everything goes back where it came from."""
    one, form = await _existing(request, work_id), await web.form(request)
    outcome = await producing.reverse(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "reversal", outcome)


@post(f"{PATH}/{{work_id:int}}/excess/{{line_id:int}}/allowance", guards=[may("approve production")])
async def allow_excess(request: HTMXRequest, work_id: FromPath[int], line_id: FromPath[int]) -> Response[str]:
    """It is right that more was taken."""
    one, form = await _existing(request, work_id), await web.form(request)
    outcome = await working.allow(one.id, web.known_id(line_id), desk.reason(form), by=request.user.id)
    return await _after(request, one, f"excess/{line_id}/allowance", outcome)


@post(f"{PATH}/{{work_id:int}}/issue", guards=[may("move stock")])
async def issue_material(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """What the rows say has been taken into production."""
    one, form = await _existing(request, work_id), await web.form(request)
    goods = _goods(form)
    if goods is None:
        return await _after(request, one, "issue", Refused.because("making.fault.quantity"))
    outcome = await producing.issue(
        one.id,
        goods,
        reason=desk.reason(form),
        may_exceed=request.user.may("approve production"),
        by=request.user.id,
    )
    return await _after(request, one, "issue", outcome)


@post(f"{PATH}/{{work_id:int}}/return", guards=[may("move stock")])
async def return_material(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """What the rows say was not needed."""
    one, form = await _existing(request, work_id), await web.form(request)
    goods = _goods(form)
    if goods is None:
        return await _after(request, one, "return", Refused.because("making.fault.quantity"))
    outcome = await producing.give_back(one.id, goods, await _place(form), by=request.user.id)
    return await _after(request, one, "return", outcome)


@post(f"{PATH}/{{work_id:int}}/products", guards=[may("move stock")])
async def bring_products(request: HTMXRequest, work_id: FromPath[int]) -> Response[str]:
    """What the rows say has been made."""
    one, form = await _existing(request, work_id), await web.form(request)
    products = _products(form)
    if products is None:
        return await _after(request, one, "products", Refused.because("making.fault.quantity"))
    outcome = await producing.bring(one.id, products, await _place(form), by=request.user.id)
    return await _after(request, one, "products", outcome)


def _goods(form: Form) -> list[Goods] | None:
    """The rows in which a quantity stands; None when one cannot be read."""
    found = []
    for item, location, lot, serial, amount in form.rows("goods", *GOODS):
        if not amount:
            continue
        size = _size(amount)
        if size is None or not (_is_id(item) and _is_id(location)):
            return None
        found.append(Goods(item=int(item), location=int(location), lot=lot, serial=serial, quantity=size))
    return found


def _products(form: Form) -> list[Product] | None:
    found = []
    for item, amount, lot, expiry, serial in form.rows("products", *PRODUCTS):
        if not amount:
            continue
        size = _size(amount)
        if size is None or not _is_id(item):
            return None
        found.append(Product(item=int(item), quantity=size, lot=lot, expiry=expiry, serial=serial))
    return found


def _size(text: str) -> int | None:
    try:
        return quantity.parse(text)
    except quantity.NotAQuantity:
        return None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


async def _place(form: Form) -> int:
    """The place whose code was typed; 0 when there is none."""
    code = form.text("place").strip()
    return (await catalog.location_ids_by_code([code])).get(code, 0) if code else 0


async def _existing(request: HTMXRequest, work_id: int) -> Work:
    one = await queries.work_by_id(web.known_id(work_id))
    if one is None or not request.user.reaches(one.warehouse):
        raise NotFoundException(detail="production order")
    return one


async def _after(
    request: HTMXRequest, one: Work, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(request, outcome, step, f"{PATH}/{one.id}", partial(_page, request, one))


async def _page(
    request: HTMXRequest,
    one: Work,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    refused = refused or {}
    shown, held = await queries.shown_lines(one.id), await hinting.held(one)
    is_open = one.state in work.OPEN and request.user.may("move stock")
    latest = await queries.bill_of(one.product) if one.is_of_bill else None
    docks = await catalog.locations_of_kind(one.warehouse, "dock")
    return web.page(
        request,
        "making/work.html",
        status=status,
        one=one,
        lines=shown,
        steps=_steps(request, one, shown, held, refused),
        tones=TONES,
        about=await desk.about(request, "making", one.document),
        is_newer=bool(latest and one.bill and latest.id != one.bill),
        held=held,
        spent=await finance.spent_on(one.id) if request.user.may("see costs") else None,
        went=await queries.went(one.id),
        to_take=await _proposed(request, one) if is_open else [],
        to_bring=[each for each in shown if each.line.is_made] if is_open else [],
        to_return=await _left_over(one) if request.user.may("move stock") else [],
        dock=next((dock.code for dock in docks if dock.is_active), ""),
        refused=refused,
        done=done,
    )


async def _proposed(request: HTMXRequest, one: Work) -> list[tuple[Lying, int]]:
    """Material to take, and how much of it."""
    is_blind = counts_blind(request.user.role)
    goods = await stock.told(await producing.proposed(one), is_blind=is_blind)
    return [(row, row.goods.quantity) for row in await stock.named(goods)]


async def _left_over(one: Work) -> list[tuple[Lying, int]]:
    """Material that can be brought back, and how much of it what was made has not used; nothing once it is over."""
    if one.decided != "approved":
        return []
    unused = await producing.unused(one)
    found = []
    for row in await stock.named(await producing.left_over(one)):
        share = min(row.goods.quantity, unused.get(row.goods.item, 0))
        unused[row.goods.item] = unused.get(row.goods.item, 0) - share
        found.append((row, share))
    return found


def _steps(
    request: HTMXRequest,
    one: Work,
    shown: Sequence[WorkLine],
    held: Mapping[int, int],
    refused: Mapping[str, str],
) -> list[desk.Step]:
    """What can be decided about an order in its state; what is carried has forms of its own."""
    has_moved = any(each.line.done for each in shown)
    offered = []
    if one.state == "draft":
        offered.append(Offer("approval", "approve production", "primary"))
    if one.state in work.OPEN and any(_is_short(each, held) for each in shown):
        offered.append(Offer("reservation", "plan production"))
    if one.state in work.OPEN and has_moved:
        offered.append(Offer("finish", "plan production", asks=True))
    if one.decided in ("draft", "approved") and not has_moved:
        offered.append(Offer("cancellation", "plan production", "danger", asks=True))
    offered += [
        Offer(
            f"excess/{each.line.id}/allowance",
            "approve production",
            asks=True,
            values={"item": each.code, "amount": quantity.format(each.line.excess)},
        )
        for each in shown
        if each.line.excess
    ]
    if one.decided == "approved" and has_moved:
        offered.append(Offer("reversal", "approve production", "danger", asks=True))
    decided = {step: why for step, why in refused.items() if step not in CARRIED}
    return desk.steps(request, f"{PATH}/{one.id}", "making.step", offered, decided)


def _is_short(each: WorkLine, held: Mapping[int, int]) -> bool:
    """Whether something is still to be taken that nothing is kept for."""
    return not each.line.is_made and each.line.to_go > held.get(each.line.id, 0)


async def _form(
    request: HTMXRequest,
    one: Work | None,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "making/work_form.html",
        status=status,
        one=one,
        path=f"{PATH}/{one.id}/edit" if one else f"{PATH}/new",
        values=form.typed(),
        kinds=work.KINDS,
        is_of_bill=form.text("kind") in work.OF_A_BILL,
        rows=await desk.editor_rows(form.rows("lines", *lines.COLUMNS)),
        warehouses=await desk.warehouses(request),
        products=await queries.products(),
        errors=errors,
        draft=draft,
    )


def _form_of(one: Work, shown: Sequence[WorkLine]) -> Form:
    fields = {
        "kind": one.kind,
        "warehouse": str(one.warehouse),
        "product": one.product_code if one.is_of_bill else "",
        "quantity": quantity.format(one.quantity) if one.is_of_bill else "",
        "is_backflush": "on" if one.is_backflush else "",
        "place": one.place_code,
        "due_on": one.due_on,
        "remark": one.remark,
        "version": str(one.version),
    }
    for index, each in enumerate(() if one.is_of_bill else shown):
        fields |= {
            f"lines.{index}.item": each.code,
            f"lines.{index}.quantity": quantity.format(each.line.quantity),
            f"lines.{index}.unit": each.base,
        }
    return desk.form_of(fields)


async def _read(request: HTMXRequest, form: Form) -> tuple[Head, list[Typed], list[Fault]]:
    """What the form says, and what is wrong with it."""
    code = form.text("product").strip()
    goods = (await reading.goods_of([code])).get(code) if code else None
    is_of_bill = form.text("kind") in work.OF_A_BILL
    head = Head(
        kind=form.text("kind"),
        warehouse=form.whole("warehouse") or 0,
        product=goods.id if goods and is_of_bill else 0,
        quantity=(_size(form.text("quantity").strip()) or 0) if is_of_bill else 0,
        is_backflush=form.flag("is_backflush") and is_of_bill,
        place=await _place(form),
        due_on=form.text("due_on"),
        remark=form.text("remark").strip(),
    )
    wrong = []
    if head.warehouse and not request.user.reaches(head.warehouse):
        wrong.append(Fault(0, "warehouse", "making.fault.no_warehouse"))
    if is_of_bill:
        return head, [], wrong
    read = await reading.read_lines(form.rows("lines", *lines.COLUMNS))
    wrong += [one for one in read if isinstance(one, Fault)]
    return head, [one for one in read if isinstance(one, Typed)], wrong


# Bills


@get(BILLS, guards=[may("see production")])
async def bills(request: HTMXRequest) -> Response[str]:
    """What is made here, and of how many things."""
    return web.page(request, "making/bills.html", found=await queries.bills_in_force())


@get("/making/trace", guards=[may("see production")])
async def trace(request: HTMXRequest, q: FromQuery[str] = "") -> Response[str]:
    """Where a lot or a serial went, and what it was made of: for a recall."""
    mark = q.replace("\0", "").strip()[:100]
    found = await queries.with_mark(mark, request.user.warehouses) if mark else []
    went = {one.id: await queries.went(one.id) for one in found}
    return web.page(request, "making/trace.html", mark=mark, found=found, went=went)


@get(f"{BILLS}/{{item_id:int}}", guards=[may("see production")])
async def bill_page(request: HTMXRequest, item_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """What an item is made of, what it goes into, and every earlier version."""
    product = await _product(item_id)
    versions = await queries.versions_of(item_id)
    return web.page(
        request,
        "making/bill.html",
        product=product,
        item_id=item_id,
        versions=versions,
        lines={one.id: await queries.component_lines(one.id) for one in versions[:10]},
        used_in=await queries.used_in(item_id),
        done=done if done == "saved" else "",
    )


@get(f"{BILLS}/{{item_id:int}}/edit", guards=[may("plan production")])
async def edit_bill_page(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """The bill as a form; what was typed before and not saved comes back."""
    await _product(item_id)
    draft = await desk.draft(request)
    form = draft.form if draft else await _form_of_bill(item_id)
    return await _bill_form(request, item_id, form, {}, draft=draft)


@post(f"{BILLS}/{{item_id:int}}", guards=[may("plan production")])
async def write_bill(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Write the next version."""
    await _product(item_id)
    form = await web.form(request)
    rows = [bill.TypedLine(*row) for row in form.rows("lines", *bill.COLUMNS)]
    read = bill.read_lines(rows, await reading.goods_of(row.item for row in rows))
    wrong = [one for one in read if isinstance(one, Fault)]
    composed = bill.Bill(
        product=item_id,
        makes=_size(form.text("makes").strip() or "1") or 0,
        is_backflush=form.flag("is_backflush"),
        remark=form.text("remark").strip(),
        lines=tuple(one for one in read if isinstance(one, bill.Line)),
    )
    version = form.whole("version") or 0
    outcome = (
        Refused(wrong) if wrong else await composing.compose(composed, version=version, by=request.user.id)
    )
    return await desk.saved(request, outcome, form, BILLS, partial(_bill_form, request, item_id))


async def _product(item_id: int) -> Any:
    found = (await catalog.item_drafts([web.known_id(item_id)])).get(item_id)
    if found is None:
        raise NotFoundException(detail="item")
    return found


async def _form_of_bill(item_id: int) -> Form:
    standing = (await queries.bills_of([item_id])).get(item_id)
    if standing is None:
        return desk.form_of({"makes": "1", "version": "0"})
    fields = {
        "makes": quantity.format(standing.bill.makes),
        "is_backflush": "on" if standing.bill.is_backflush else "",
        "remark": standing.bill.remark,
        "version": str(standing.version),
    }
    for index, each in enumerate(await queries.component_lines(standing.id)):
        fields |= {
            f"lines.{index}.item": each.code,
            f"lines.{index}.quantity": quantity.format(each.in_unit),
            f"lines.{index}.unit": each.line.unit,
            f"lines.{index}.discount": each.scrap_text,
        }
    return desk.form_of(fields)


async def _bill_form(
    request: HTMXRequest,
    item_id: int,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "making/bill_form.html",
        status=status,
        item_id=item_id,
        product=await _product(item_id),
        path=f"{BILLS}/{item_id}/edit",
        values=form.typed(),
        rows=await desk.editor_rows(form.rows("lines", *lines.COLUMNS)),
        errors=errors,
        draft=draft,
    )


routes: list[Any] = [
    works,
    new_work,
    add_work,
    needs,
    work_page,
    edit_work_page,
    edit_work,
    approve_work,
    reserve_work,
    cancel_work,
    finish_work,
    reverse_work,
    allow_excess,
    issue_material,
    return_material,
    bring_products,
    bills,
    trace,
    bill_page,
    edit_bill_page,
    write_bill,
]
