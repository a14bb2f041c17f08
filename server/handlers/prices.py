"""Price lists on the desk: who they are for, from when, and what they say."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import desk, events, web
from server.catalog import dealing, offering, pricing
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Missing, Refused
from server.catalog.price import ListDraft, PriceDraft
from server.crm import sheet
from server.documents import line, reading
from server.documents.line import Line
from server.outbound import queries as sales
from server.people import queries as people
from server.web import Form, HTMXRequest, may

DONE: Final = ("added", "saved")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/crm/prices", guards=[may("see prices")])
async def price_lists(request: HTMXRequest) -> Response[str]:
    """Every price list."""
    return web.page(request, "crm/price_lists.html", lists=await offering.lists())


@get("/crm/prices/new", guards=[may("edit prices")])
async def new_list(request: HTMXRequest, customer: FromQuery[str] = "") -> Response[str]:
    """A form for a new list."""
    values = {"is_active": "on", "customer": customer[:64]}
    return await _list_form(request, None, values, {})


@post("/crm/prices", guards=[may("edit prices")])
async def add_list(request: HTMXRequest) -> Response[str]:
    """Make a list."""
    form = await web.form(request)
    draft, wrong = await _head(form)
    outcome = Refused(wrong) if wrong else await pricing.add_list(draft, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _list_form(request, None, form.typed(), web.errors(request, outcome.faults), 422)
    return web.see(f"/crm/prices/{outcome.ids[0]}?done=added")


@get("/crm/prices/{list_id:int}", guards=[may("see prices")])
async def list_page(
    request: HTMXRequest,
    list_id: FromPath[int],
    q: FromQuery[str] = "",
    page: FromQuery[int] = 1,
    done: FromQuery[str] = "",
) -> Response[str]:
    """One list with its prices."""
    typed = q.replace("\0", "").strip()[:100]
    return await _page(request, list_id, desk.form_of({}), {}, q=typed, page=page, done=done)


@get("/crm/prices/{list_id:int}/edit", guards=[may("edit prices")])
async def edit_list_page(request: HTMXRequest, list_id: FromPath[int]) -> Response[str]:
    """Its head as a form."""
    draft, version = await _list(list_id)
    customer = await catalog.partner(draft.customer) if draft.customer else None
    values = web.flat(draft) | {
        "customer": customer[0].code if customer else "",
        "version": str(version),
    }
    return await _list_form(request, list_id, values, {})


@post("/crm/prices/{list_id:int}", guards=[may("edit prices")])
async def edit_list(request: HTMXRequest, list_id: FromPath[int]) -> Response[str]:
    """Write what the form of the head says."""
    await _list(list_id)
    form = await web.form(request)
    draft, wrong = await _head(form)
    if wrong:
        return await _list_form(request, list_id, form.typed(), web.errors(request, wrong), 422)
    outcome = await pricing.edit_list(list_id, draft, version=form.whole("version") or 0, by=request.user.id)
    levels = await dealing.levels()

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        return _shown_form(request, list_id, values, errors, levels, status)

    return web.answer(request, outcome, form, f"/crm/prices/{list_id}", again)


@post("/crm/prices/{list_id:int}/lines", guards=[may("edit prices")])
async def set_prices(request: HTMXRequest, list_id: FromPath[int]) -> Response[str]:
    """Write prices into a list; the same item from the same quantity on is replaced."""
    await _list(list_id)
    form = await web.form(request)
    read = await reading.read_lines(form.rows("lines", *line.COLUMNS))
    wrong = [one for one in read if isinstance(one, Fault)]
    if not wrong:
        drafts = [_price(one) for one in read if isinstance(one, Line)]
        outcome = await pricing.set_prices(list_id, drafts, by=request.user.id)
        wrong = outcome.faults if isinstance(outcome, Refused) else []
    if wrong:
        return await _page(request, list_id, form, web.errors(request, wrong), status=422)
    await desk.forget_draft(request, form)
    return web.see(f"/crm/prices/{list_id}?done=saved")


def _price(one: Line) -> PriceDraft:
    # A price that was left empty becomes none, which is refused at its field.
    return PriceDraft(
        item=one.item,
        from_quantity=one.quantity,
        price=one.unit_price or 0,
        unit=one.unit,
        factor=one.factor,
    )


@post("/crm/prices/{list_id:int}/lines/{line_id:int}/removal", guards=[may("edit prices")])
async def drop_price(request: HTMXRequest, list_id: FromPath[int], line_id: FromPath[int]) -> Response[str]:
    """Take one price out."""
    outcome = await pricing.drop_price(web.known_id(list_id), web.known_id(line_id), by=request.user.id)
    if isinstance(outcome, Missing):
        raise NotFoundException(detail="price")
    return web.see(f"/crm/prices/{list_id}?done=saved")


@get("/crm/prices/{list_id:int}/prices.xlsx", guards=[may("see prices")])
async def prices_sheet(request: HTMXRequest, list_id: FromPath[int]) -> Response[bytes]:
    """All prices of a list as a spreadsheet, whose rows can be pasted back."""
    await _list(list_id)
    content = sheet.prices_xlsx(await offering.all_prices(list_id), request.user.language)
    return Response(
        content,
        media_type=XLSX,
        headers={
            "Content-Disposition": f'attachment; filename="prices-{list_id}.xlsx"',
            "Cache-Control": "no-store",
        },
    )


async def _list(list_id: int) -> tuple[ListDraft, int]:
    found = await offering.price_list(web.known_id(list_id))
    if found is None:
        raise NotFoundException(detail="price list")
    return found


async def _page(
    request: HTMXRequest,
    list_id: int,
    form: Form,
    errors: dict[str, str],
    *,
    q: str = "",
    page: int = 1,
    done: str = "",
    status: int = 200,
) -> Response[str]:
    draft, _ = await _list(list_id)
    customer = await catalog.partner(draft.customer) if draft.customer else None
    told = await events.history(f"price_list:{list_id}", 50)
    return web.page(
        request,
        "crm/price_list.html",
        status=status,
        draft=draft,
        list_id=list_id,
        customer_name=customer[0].name if customer else "",
        found=await offering.prices(list_id, q, web.page_number(page)),
        q=q,
        path=web.list_path(f"/crm/prices/{list_id}", q=q, off=0),
        rows=await desk.editor_rows(form.rows("lines", *line.COLUMNS)),
        errors=errors,
        history=web.story("crm", told, await people.names(), request.user.language),
        done=done if done in DONE else "",
    )


async def _list_form(
    request: HTMXRequest,
    list_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response[str]:
    return _shown_form(request, list_id, values, errors, await dealing.levels(), status)


def _shown_form(
    request: HTMXRequest,
    list_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    levels: list[str],
    status: int,
) -> Response[str]:
    return web.page(
        request,
        "crm/price_list_form.html",
        status=status,
        list_id=list_id,
        values=values,
        errors=errors,
        levels=levels,
    )


async def _head(form: Form) -> tuple[ListDraft, list[Fault]]:
    """The head as typed; a customer is named by anything that only they are found by."""
    typed = form.text("customer").strip()
    customer = await sales.customer_meant(typed) if typed else 0
    wrong = [Fault(0, "customer", "crm.fault.no_customer")] if typed and not customer else []
    draft = ListDraft(
        name=form.text("name"),
        level=form.text("level"),
        customer=customer or None,
        valid_from_on=form.text("valid_from_on"),
        valid_to_on=form.text("valid_to_on"),
        is_active=form.flag("is_active"),
    )
    return draft, wrong


routes: list[Any] = [
    price_lists,
    new_list,
    add_list,
    list_page,
    edit_list_page,
    edit_list,
    set_prices,
    drop_price,
    prices_sheet,
]
