"""Counts on the desk: plans, who is asked to go where, what was found, and what becomes of the differences."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, money, quantity, web, words
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Refused
from server.counts import plan, planning, queries, report, reviewing
from server.counts.plan import Head
from server.counts.planning import Done, NotNow, Planned
from server.counts.queries import Plan
from server.counts.reviewing import Accepted
from server.counts.sheet import Sheet
from server.desk import Offer, Step
from server.documents.spreadsheet import MEDIA_TYPE, Column, xlsx
from server.finance import queries as finance
from server.people import queries as people
from server.sync import queries as fleet
from server.web import Form, HTMXRequest, may

PATH = "/counts"
DONE = ("planned", "issued", "cancelled", "accepted", "asked_again")


@get(PATH, guards=[may("see counts")])
async def plans(request: HTMXRequest) -> Response[str]:
    """Plans, by filters that stay."""
    view = await desk.view(request, plan.STATES)
    seen = request.user.warehouses
    found, counts = await queries.plans(view.filters, seen), await queries.plans_by_state(view.filters, seen)
    return web.page(request, "counts/plans.html", block="list", view=view, found=found, counts=counts)


# Writing one down


@get(f"{PATH}/new", guards=[may("plan counts")])
async def new_plan(request: HTMXRequest, method: FromQuery[str] = "") -> Response[str]:
    """A form for a new plan, as it was left."""
    draft = await desk.draft(request)
    form = draft.form if draft else desk.form_of({"method": method or "doubt", "is_blind": "on"})
    return await _form(request, form, {}, draft=draft)


@post(PATH, guards=[may("plan counts")])
async def add_plan(request: HTMXRequest) -> Response[str]:
    """Write a plan down; the places are chosen now."""
    form = await web.form(request)
    head, wrong = _read(form)
    if head.warehouse and not request.user.reaches(head.warehouse):
        wrong.append(Fault(0, "warehouse", "counts.fault.warehouse"))
    if wrong:
        return await _form(request, form, web.errors(request, wrong), status=422)
    match await planning.save(head, by=request.user.id, costs=await finance.averages()):
        case Refused(faults):
            return await _form(request, form, web.errors(request, faults), status=422)
        case Planned(id=new):
            await desk.forget_draft(request, form)
            return web.see(f"{PATH}/{new}?done=planned")


def _read(form: Form) -> tuple[Head, list[Fault]]:
    """What the form asks for; a field that is no number is a fault of its own."""
    wrong: list[Fault] = []

    def number(field: str, parse: Any, fallback: str, word: str) -> int:
        try:
            return int(parse(form.text(field).strip() or fallback))
        except ValueError:
            wrong.append(Fault(0, field, word))
            return 0

    head = Head(
        warehouse=form.whole("warehouse") or 0,
        method=form.text("method"),
        places=tuple(form.text("places").replace(",", " ").replace("，", " ").split()),
        zone=form.whole("zone") or 0,
        abc=form.text("abc"),
        days=form.whole("days") or 0,
        at_most=form.whole("at_most") or (100 if not form.text("at_most") else 0),
        is_blind=form.flag("is_blind"),
        tolerance=number("tolerance", money.parse_percent, "0", "counts.fault.tolerance"),
        limit_amount=number("limit_amount", money.parse_amount, "0", "counts.fault.limit"),
        limit_quantity=number("limit_quantity", quantity.parse, "0", "counts.fault.limit"),
        remark=form.text("remark")[:400],
    )
    return head, wrong


async def _form(
    request: HTMXRequest,
    form: Form,
    errors: dict[str, str],
    *,
    draft: desk.Draft | None = None,
    status: int = 200,
) -> Response[str]:
    houses = [house for house in await catalog.warehouses() if request.user.reaches(house.id)]
    values = form.typed()
    if len(houses) == 1:
        values.setdefault("warehouse", str(houses[0].id))
    zones = [
        (str(zone), f"{house.code} · {name}")
        for house in houses
        for zone, name in await queries.zones(house.id)
    ]
    return web.page(
        request,
        "counts/plan_form.html",
        status=status,
        path=f"{PATH}/new",
        values=values,
        errors=errors,
        draft=draft,
        houses=[(str(house.id), f"{house.code} {house.name}") for house in houses],
        zones=zones,
        methods=plan.METHODS,
        classes=plan.CLASSES,
    )


# One plan


@get(f"{PATH}/{{plan_id:int}}", guards=[may("see counts")])
async def one_plan(request: HTMXRequest, plan_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """A plan with its places, and what can be done with it now."""
    return await _page(request, await _plan(request, plan_id), done=done if done in DONE else "")


async def _plan(request: HTMXRequest, plan_id: int) -> Plan:
    found = await queries.plan(web.known_id(plan_id))
    if found is None or not request.user.reaches(found.warehouse):
        raise NotFoundException(detail="plan")
    return found


async def _page(
    request: HTMXRequest, shown: Plan, *, done: str = "", refused: Mapping[str, str] | None = None
) -> Response[str]:
    sheets = await queries.sheets(shown.id)
    decides = request.user.may("decide counts")
    counted = await queries.rounds([sheet.id for sheet in sheets])
    costs = await finance.averages() if decides else {}
    return web.page(
        request,
        "counts/plan.html",
        status=422 if refused else 200,
        plan=shown,
        lines=report.lines(sheets, counted, costs, decides=decides),
        decides=decides,
        steps=_steps(request, shown, sheets, refused or {}),
        about=await desk.about(request, "counts", shown.wire),
        done=done,
        money=money.format_amount,
        percent=money.format_percent,
    )


def _steps(request: HTMXRequest, shown: Plan, sheets: list[Sheet], refused: Mapping[str, str]) -> list[Step]:
    offered = []
    if shown.state == "planned":
        offered.append(Offer("issue", "plan counts", "primary", values={"places": len(sheets)}))
    if waiting := [sheet for sheet in sheets if sheet.state == "review"]:
        limits = {
            "amount": money.format_amount(shown.limit_amount),
            "pieces": quantity.format(shown.limit_quantity),
            "places": len(waiting),
        }
        offered.append(Offer("acceptance", "decide counts", "primary", values=limits))
    if shown.state == "planned" or shown.state in plan.LIVE:
        offered.append(Offer("cancellation", "plan counts", "danger", asks=True))
    return desk.steps(request, f"{PATH}/{shown.id}", "counts.step", offered, refused)


COLUMNS = (
    Column("counts.place", "place"),
    Column("documents.state", "state", said="counts.sheet_state."),
    Column("counts.rounds", "rounds", "whole"),
    Column("documents.export.code", "code"),
    Column("documents.line.item", "name"),
    Column("counts.lot", "lot"),
    Column("counts.counted", "counted", "quantity"),
    Column("counts.book", "book", "quantity"),
    Column("counts.difference", "difference", "quantity"),
    Column("counts.value", "value", "amount", "decide counts"),
)


@get(f"{PATH}/{{plan_id:int}}/places.xlsx", guards=[may("see counts")])
async def plan_workbook(request: HTMXRequest, plan_id: FromPath[int]) -> Response[bytes]:
    """A plan for Excel: every place and what its last count found, as far as this person sees it."""
    shown, decides = await _plan(request, plan_id), request.user.may("decide counts")
    sheets = await queries.sheets(shown.id)
    counted = await queries.rounds([sheet.id for sheet in sheets])
    costs = await finance.averages() if decides else {}
    lines = report.lines(sheets, counted, costs, decides=decides)
    items = await catalog.item_drafts({each.cell.item for line in lines for each in line.findings})
    columns = [column for column in COLUMNS if not column.action or request.user.may(column.action)]
    rows = report.rows(lines, items, costs, decides=decides)
    content = xlsx(shown.number, columns, rows, lambda word: words.t(word, request.user.language))
    headers = {"Content-Disposition": f'attachment; filename="{shown.number}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


@post(f"{PATH}/{{plan_id:int}}/issue", guards=[may("plan counts")])
async def issue(request: HTMXRequest, plan_id: FromPath[int]) -> Response[str]:
    """Put the places on the devices' lists."""
    shown = await _plan(request, plan_id)
    return await _answer(
        request, shown, "issue", "issued", await planning.issue(shown.id, by=request.user.id)
    )


@post(f"{PATH}/{{plan_id:int}}/cancellation", guards=[may("plan counts")])
async def cancel(request: HTMXRequest, plan_id: FromPath[int]) -> Response[str]:
    """Call it off."""
    shown = await _plan(request, plan_id)
    reason = desk.reason(await web.form(request))
    outcome = await planning.cancel(shown.id, by=request.user.id, reason=reason)
    return await _answer(request, shown, "cancellation", "cancelled", outcome)


@post(f"{PATH}/{{plan_id:int}}/acceptance", guards=[may("decide counts")])
async def accept_within_limits(request: HTMXRequest, plan_id: FromPath[int]) -> Response[str]:
    """Accept every difference within the plan's limits in one act."""
    shown = await _plan(request, plan_id)
    costs = await finance.averages()
    outcome = await reviewing.accept_within_limits(shown.id, by=request.user.id, costs=costs)
    if isinstance(outcome, Accepted) and not outcome.places:
        outcome = NotNow("beyond")
    return await _answer(request, shown, "acceptance", "accepted", outcome)


async def _answer(
    request: HTMXRequest, shown: Plan, step: str, done: str, outcome: Done | Accepted | NotNow
) -> Response[str]:
    if isinstance(outcome, NotNow):
        told = {step: _why_not(request, outcome)}
        return await _page(request, await _plan(request, shown.id), refused=told)
    return web.see(f"{PATH}/{shown.id}?done={done}")


def _why_not(request: HTMXRequest, outcome: NotNow) -> str:
    return words.t(f"counts.refused.{outcome.reason}", request.user.language)


# One place of a plan


@get(f"{PATH}/{{plan_id:int}}/sheets/{{sheet_id:int}}", guards=[may("see counts")])
async def sheet(request: HTMXRequest, plan_id: FromPath[int], sheet_id: FromPath[int]) -> Response[str]:
    """Who counted a place when, what they saw, and what the book said at that moment."""
    return await _sheet_page(request, await _plan(request, plan_id), sheet_id)


async def _sheet_page(
    request: HTMXRequest, shown: Plan, sheet_id: int, refused: Mapping[str, str] | None = None
) -> Response[str]:
    found = await queries.sheets_by_id([web.known_id(sheet_id)])
    if not found or found[0].plan != shown.id:
        raise NotFoundException(detail="sheet")
    decides = request.user.may("decide counts")
    is_hidden = report.is_hidden(found[0], decides=decides)
    counted = (await queries.rounds([sheet_id])).get(sheet_id, [])
    items = {finding.cell.item for one in counted for finding in one.findings}
    return web.page(
        request,
        "counts/sheet.html",
        status=422 if refused else 200,
        plan=shown,
        sheet=found[0],
        rounds=counted,
        is_hidden=is_hidden,
        items={} if is_hidden else await catalog.item_drafts(items),
        people=await people.names(),
        devices=await fleet.device_names(),
        steps=_sheet_steps(request, found[0], refused or {}) if decides else [],
    )


def _sheet_steps(request: HTMXRequest, shown: Sheet, refused: Mapping[str, str]) -> list[Step]:
    offered = [Offer("acceptance", tone="primary"), Offer("recount")] if shown.state == "review" else []
    return desk.steps(
        request, f"{PATH}/{shown.plan}/sheets/{shown.id}", "counts.sheet_step", offered, refused
    )


@post(f"{PATH}/{{plan_id:int}}/sheets/{{sheet_id:int}}/acceptance", guards=[may("decide counts")])
async def accept(request: HTMXRequest, plan_id: FromPath[int], sheet_id: FromPath[int]) -> Response[str]:
    """Accept what was counted in one place."""
    shown = await _plan(request, plan_id)
    outcome = await reviewing.accept(shown.id, web.known_id(sheet_id), by=request.user.id)
    if isinstance(outcome, NotNow):
        return await _sheet_page(request, shown, sheet_id, {"acceptance": _why_not(request, outcome)})
    return web.see(f"{PATH}/{shown.id}?done=accepted")


@post(f"{PATH}/{{plan_id:int}}/sheets/{{sheet_id:int}}/recount", guards=[may("decide counts")])
async def recount(request: HTMXRequest, plan_id: FromPath[int], sheet_id: FromPath[int]) -> Response[str]:
    """Have one place counted once more by somebody else."""
    shown = await _plan(request, plan_id)
    outcome = await reviewing.ask_again(shown.id, web.known_id(sheet_id), by=request.user.id)
    if isinstance(outcome, NotNow):
        return await _sheet_page(request, shown, sheet_id, {"recount": _why_not(request, outcome)})
    return web.see(f"{PATH}/{shown.id}?done=asked_again")


# One place, now


@post(f"{PATH}/places/{{location_id:int}}", guards=[may("plan counts")])
async def count_place(request: HTMXRequest, location_id: FromPath[int]) -> Response[str]:
    """Have one place counted now; where a plan asks for it already, show that one."""
    place = (await catalog.locations([web.known_id(location_id)])).get(location_id)
    if place is None or not request.user.reaches(place.warehouse):
        raise NotFoundException(detail="location")
    match await planning.ask_for(location_id, by=request.user.id):
        case Planned(id=new):
            return web.see(f"{PATH}/{new}?done=issued")
        case NotNow(reason="taken"):
            return web.see(f"{PATH}/{await queries.plan_of_place(location_id)}")
        case NotNow():
            raise NotFoundException(detail="this place cannot be counted")


routes = [
    plans,
    new_plan,
    add_plan,
    one_plan,
    plan_workbook,
    issue,
    cancel,
    accept_within_limits,
    sheet,
    accept,
    recount,
    count_place,
]
