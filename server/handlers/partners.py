"""Customers and suppliers on the desk."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import events, web
from server.catalog import dealing, partnering, queries
from server.catalog.maintaining import Refused
from server.catalog.partner import PartnerDraft
from server.crm import agreeing
from server.people import queries as people
from server.web import Form, HTMXRequest, may

DONE = ("added", "saved")


@get("/catalog/partners", guards=[may("see catalogue")])
async def partners(
    request: HTMXRequest, q: FromQuery[str] = "", page: FromQuery[int] = 1, off: FromQuery[int] = 0
) -> Response[str]:
    """Customers and suppliers, searched as one types."""
    found = await queries.find_partners(q, page=web.page_number(page), is_active=not off)
    path = web.list_path("/catalog/partners", q=q, off=off)
    return web.page(request, "catalog/partners.html", block="list", found=found, q=q, off=off, path=path)


@get("/catalog/partners/new", guards=[may("edit partners")])
async def new_partner(request: HTMXRequest) -> Response[str]:
    """A form for a new partner."""
    return _partner_form(request, None, {"is_customer": "on", "is_active": "on"}, {})


@post("/catalog/partners", guards=[may("edit partners")])
async def add_partner(request: HTMXRequest) -> Response[str]:
    """Add a partner."""
    form = await web.form(request)
    outcome = await partnering.add_partner(_partner_draft(form), by=request.user.id)
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return _partner_form(request, None, form.typed(), errors, 422)
    return web.see(f"/catalog/partners/{outcome.ids[0]}?done=added")


@get("/catalog/partners/{partner_id:int}", guards=[may("see catalogue")])
async def partner_page(
    request: HTMXRequest, partner_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One partner."""
    found = await queries.partner(web.known_id(partner_id))
    if found is None:
        raise NotFoundException(detail="partner")
    return web.page(
        request,
        "catalog/partner.html",
        partner=found[0],
        partner_id=partner_id,
        card=await dealing.card_of(partner_id),
        agreed=await agreeing.agreement_of(partner_id),
        sees_terms=_sees_terms(request),
        history=await _story(request, f"partner:{partner_id}"),
        done=done if done in DONE else "",
    )


@get("/catalog/partners/{partner_id:int}/edit", guards=[may("edit partners")])
async def edit_partner_page(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """The same as a form."""
    found = await queries.partner(web.known_id(partner_id))
    if found is None:
        raise NotFoundException(detail="partner")
    draft, version = found
    return _partner_form(request, partner_id, web.flat(draft) | {"version": str(version)}, {})


@post("/catalog/partners/{partner_id:int}", guards=[may("edit partners")])
async def edit_partner(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    form = await web.form(request)
    outcome = await partnering.edit_partner(
        web.known_id(partner_id), _partner_draft(form), version=form.whole("version") or 0, by=request.user.id
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        return _partner_form(request, partner_id, values, errors, status)

    return web.answer(request, outcome, form, f"/catalog/partners/{partner_id}", again)


def _partner_form(
    request: HTMXRequest,
    partner_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "catalog/partner_form.html",
        status=status,
        partner_id=partner_id,
        values=values,
        errors=errors,
    )


def _partner_draft(form: Form) -> PartnerDraft:
    return PartnerDraft(
        code=form.text("code"),
        name=form.text("name"),
        is_customer=form.flag("is_customer"),
        is_supplier=form.flag("is_supplier"),
        phone=form.text("phone"),
        address=form.text("address"),
        is_active=form.flag("is_active"),
    )


async def _story(request: HTMXRequest, subject: str) -> list[web.Told]:
    happened = await events.history(subject, 50)
    if not _sees_terms(request):
        happened = [event for event in happened if event.topic != "terms.agreed"]
    return web.story("catalog", happened, await people.names(), request.user.language)


def _sees_terms(request: HTMXRequest) -> bool:
    """What was agreed about money concerns who sells, buys or reckons, not who carries."""
    return request.user.may("see prices") or request.user.may("see costs")


routes: list[Any] = [
    partners,
    new_partner,
    add_partner,
    partner_page,
    edit_partner_page,
    edit_partner,
]
