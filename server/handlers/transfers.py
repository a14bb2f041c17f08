"""Transfers between warehouses on the desk."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery

from server import clock, desk, quantity, web
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.desk import Offer
from server.documents import line as lines
from server.documents import reading
from server.documents.line import Line
from server.people.role import counts_blind
from server.stock import queries, transfer, transferring
from server.stock.queries import Lying, Transfer, TransferLine
from server.stock.transfer import Goods, Head
from server.sync import performing
from server.web import Form, HTMXRequest, may

PATH = "/stock/transfers"
SORTS = ("number", "source", "target", "due")
TONES = {
    "draft": "",
    "out": "accent",
    "in_transit": "caution",
    "partly_in": "caution",
    "done": "good",
    "cancelled": "bad",
}
GOODS = ("item", "location", "lot", "serial", "quantity")
"""The fields of a row of goods: `goods.0.item` and so on."""


@get(PATH, guards=[may("see transfers")])
async def transfers(request: HTMXRequest) -> Response[str]:
    """Transfers, narrowed as this person left them."""
    view = await desk.view(request, transfer.STATES, SORTS)
    found = await queries.transfers(view.filters, request.user.warehouses)
    counts = await queries.transfer_counts(view.filters, request.user.warehouses)
    return web.page(
        request, "stock/transfers.html", block="list", view=view, found=found, counts=counts, tones=TONES
    )


@get(f"{PATH}/new", guards=[may("edit transfers")])
async def new_transfer(request: HTMXRequest) -> Response[str]:
    """A form for a new transfer; what was typed before and not saved comes back."""
    draft = await desk.draft(request)
    return await _form(request, None, draft.form if draft else desk.form_of({}), {}, draft=draft)


@post(PATH, guards=[may("edit transfers")])
async def add_transfer(request: HTMXRequest) -> Response[str]:
    """Save a new transfer as a draft."""
    form = await web.form(request)
    head, typed, wrong = await _read(request, form)
    outcome = Refused(wrong) if wrong else await transferring.save(head, typed, by=request.user.id)
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, None))


@get(f"{PATH}/{{transfer_id:int}}", guards=[may("see transfers")])
async def transfer_page(
    request: HTMXRequest, transfer_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One transfer: where it stands, and what can be done now."""
    one = await _existing(request, transfer_id)
    return await _page(request, one, done=done if done in ("added", "saved") else "")


@get(f"{PATH}/{{transfer_id:int}}/edit", guards=[may("edit transfers")])
async def edit_transfer_page(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """The transfer as a form."""
    one = await _existing(request, transfer_id)
    draft = await desk.draft(request)
    form = draft.form if draft else _form_of(one, await _lines(one))
    return await _form(request, one, form, {}, draft=draft)


@post(f"{PATH}/{{transfer_id:int}}", guards=[may("edit transfers")])
async def edit_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    head, typed, wrong = await _read(request, form)
    version = form.whole("version") or 0
    outcome = (
        Refused(wrong)
        if wrong
        else await transferring.change(one.id, head, typed, version=version, by=request.user.id)
    )
    return await desk.saved(request, outcome, form, PATH, partial(_form, request, one))


@post(f"{PATH}/{{transfer_id:int}}/release", guards=[may("edit transfers")])
async def release_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """Let it out to the floor."""
    one = await _existing(request, transfer_id)
    outcome = await transferring.release(one.id, today=clock.today(), by=request.user.id)
    return await _after(request, one, "release", outcome)


@post(f"{PATH}/{{transfer_id:int}}/cancellation", guards=[may("edit transfers")])
async def cancel_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """Nothing will go."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    outcome = await transferring.cancel(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "cancellation", outcome)


@post(f"{PATH}/{{transfer_id:int}}/closing", guards=[may("edit transfers")])
async def close_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """No more will be sent."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    outcome = await transferring.close_sending(one.id, desk.reason(form), by=request.user.id)
    return await _after(request, one, "closing", outcome)


@post(f"{PATH}/{{transfer_id:int}}/sending", guards=[may("move stock")])
async def send_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """What the rows say has left its place."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    _must_reach(request, one.source)
    goods = _goods(form)
    if goods is None:
        return await _after(request, one, "sending", _unreadable())
    outcome = await transferring.send(
        one.id, goods, form.whole("dock") or 0, perform=performing.carry_out, by=request.user.id
    )
    return await _after(request, one, "sending", outcome)


@post(f"{PATH}/{{transfer_id:int}}/arrival", guards=[may("move stock")])
async def receive_transfer(request: HTMXRequest, transfer_id: FromPath[int]) -> Response[str]:
    """What the rows say has arrived."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    _must_reach(request, one.target)
    goods = _goods(form)
    if goods is None:
        return await _after(request, one, "arrival", _unreadable())
    outcome = await transferring.receive(
        one.id, goods, form.whole("dock") or 0, perform=performing.carry_out, by=request.user.id
    )
    return await _after(request, one, "arrival", outcome)


@post(f"{PATH}/{{transfer_id:int}}/rest/{{choice:str}}", guards=[may("edit transfers")])
async def decide_rest(
    request: HTMXRequest, transfer_id: FromPath[int], choice: FromPath[str]
) -> Response[str]:
    """What did not arrive went back, or is lost."""
    one, form = await _existing(request, transfer_id), await web.form(request)
    outcome = await transferring.decide_rest(
        one.id, choice, desk.reason(form), perform=performing.carry_out, by=request.user.id
    )
    return await _after(request, one, f"rest/{choice}", outcome)


def _unreadable() -> Refused:
    return Refused([Fault(0, "", "inside.fault.quantity")])


def _goods(form: Form) -> list[Goods] | None:
    """The rows in which a quantity stands; None when one cannot be read."""
    found = []
    for item, location, lot, serial, amount in form.rows("goods", *GOODS):
        if not amount:
            continue
        try:
            size = quantity.parse(amount)
        except quantity.NotAQuantity:
            return None
        if not (item.isdecimal() and location.isdecimal() and len(item) < 10 and len(location) < 10):
            return None
        found.append(Goods(item=int(item), location=int(location), lot=lot, serial=serial, quantity=size))
    return found


async def _existing(request: HTMXRequest, transfer_id: int) -> Transfer:
    one = await queries.transfer(web.known_id(transfer_id))
    if one is None or not (request.user.reaches(one.source) or request.user.reaches(one.target)):
        raise NotFoundException(detail="transfer")
    return one


def _must_reach(request: HTMXRequest, warehouse: int) -> None:
    """Goods are moved by those who work where they are."""
    if not request.user.reaches(warehouse):
        raise PermissionDeniedException(detail="another warehouse")


async def _after(
    request: HTMXRequest, one: Transfer, step: str, outcome: Edited | Refused | Missing
) -> Response[str]:
    return await desk.after(request, outcome, step, f"{PATH}/{one.id}", partial(_page, request, one))


async def _lines(one: Transfer) -> list[TransferLine]:
    return (await queries.transfer_lines([one.id]))[one.id]


async def _page(
    request: HTMXRequest,
    one: Transfer,
    *,
    done: str = "",
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    refused = refused or {}
    rest = await queries.named(await queries.on_the_way(one.id))
    docks = await catalog.locations_of_kind(one.target, "dock")
    return web.page(
        request,
        "stock/transfer.html",
        status=status,
        one=one,
        lines=await _lines(one),
        steps=_steps(request, one, rest, refused),
        tones=TONES,
        about=await desk.about(request, "inside", one.document),
        to_send=await _to_send(request, one),
        to_receive=rest if _may_move(request, one.target) else [],
        on_the_way=rest,
        docks=[dock for dock in docks if dock.is_active],
        refused=refused,
        done=done,
    )


def _may_move(request: HTMXRequest, warehouse: int) -> bool:
    return request.user.may("move stock") and request.user.reaches(warehouse)


async def _to_send(request: HTMXRequest, one: Transfer) -> list[Lying]:
    if one.state not in transfer.OPEN or one.is_over or not _may_move(request, one.source):
        return []
    proposed = await transferring.proposed(one, today=clock.today())
    return await queries.named(await queries.told(proposed, is_blind=counts_blind(request.user.role)))


def _steps(
    request: HTMXRequest, one: Transfer, rest: Sequence[Lying], refused: Mapping[str, str]
) -> list[desk.Step]:
    """What can be decided about a transfer in its state; what is carried has forms of its own."""
    if not request.user.may("edit transfers"):
        return []
    offered = {
        "draft": [Offer("release", tone="primary"), Offer("cancellation", tone="danger", asks=True)],
        "out": [Offer("cancellation", tone="danger", asks=True)],
    }.get(one.state, [])
    if one.state in ("in_transit", "partly_in") and not one.is_over:
        offered = [*offered, Offer("closing", asks=True)]
    if rest:
        offered = [*offered, Offer("rest/back", asks=True), Offer("rest/lost", tone="danger", asks=True)]
    decided = {step: why for step, why in refused.items() if step not in ("sending", "arrival")}
    return desk.steps(request, f"{PATH}/{one.id}", "inside.step", offered, decided)


async def _form(
    request: HTMXRequest,
    one: Transfer | None,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "stock/transfer_form.html",
        status=status,
        one=one,
        path=f"{PATH}/{one.id}/edit" if one else f"{PATH}/new",
        values=form.typed(),
        rows=await desk.editor_rows(form.rows("lines", *lines.COLUMNS)),
        warehouses=[place for place in await catalog.warehouses() if place.is_active],
        errors=errors,
        draft=draft,
    )


def _form_of(one: Transfer, standing: Sequence[TransferLine]) -> Form:
    fields = {
        "source": str(one.source),
        "target": str(one.target),
        "is_direct": "on" if one.is_direct else "",
        "due_on": one.due_on,
        "remark": one.remark,
        "version": str(one.version),
    }
    for index, each in enumerate(standing):
        fields |= {
            f"lines.{index}.item": each.code,
            f"lines.{index}.quantity": quantity.format(each.line.quantity),
            f"lines.{index}.unit": each.unit,
        }
    return desk.form_of(fields)


async def _read(request: HTMXRequest, form: Form) -> tuple[Head, list[Line], list[Fault]]:
    """What the form says, and what is wrong with it; one end must be where this person works."""
    head = Head(
        source=form.whole("source") or 0,
        target=form.whole("target") or 0,
        is_direct=form.flag("is_direct"),
        due_on=form.text("due_on"),
        remark=form.text("remark").strip(),
    )
    wrong = []
    if not (request.user.reaches(head.source) or request.user.reaches(head.target)):
        wrong.append(Fault(0, "source", "inside.fault.no_warehouse"))
    read = await reading.read_lines(form.rows("lines", *lines.COLUMNS))
    wrong += [one for one in read if isinstance(one, Fault)]
    return head, [one for one in read if isinstance(one, Line)], wrong


routes: list[Any] = [
    transfers,
    new_transfer,
    add_transfer,
    transfer_page,
    edit_transfer_page,
    edit_transfer,
    release_transfer,
    cancel_transfer,
    close_transfer,
    send_transfer,
    receive_transfer,
    decide_rest,
]
