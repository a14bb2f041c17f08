"""Customers from every side, their terms and contacts, and their statements."""

from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, desk, money, web, words
from server.catalog import dealing, terms
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Refused
from server.catalog.partner import PartnerDraft
from server.catalog.terms import Address, Card, Contact, PartnerTerms
from server.crm import agreeing, queries, sheet, statement
from server.crm.agreeing import Agreement
from server.crm.statement import Statement
from server.inbound import agreeing as supplying
from server.outbound import order
from server.web import Form, HTMXRequest, may

KINDS: Final = ("customer", "supplier")
CONTACT: Final = ("name", "title", "phone", "email")
ADDRESS: Final = ("kind", "text", "contact", "phone", "is_main")
BLANK_ROWS: Final = 2
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/crm/customers", guards=[may("see customers")])
async def customers(
    request: HTMXRequest, q: FromQuery[str] = "", kind: FromQuery[str] = "", page: FromQuery[int] = 1
) -> Response[str]:
    """Customers or suppliers, by any fragment of name, initials, telephone, tag or order number."""
    chosen = kind if kind in KINDS else _usual_kind(request)
    typed = q.replace("\0", "").strip()[:100]
    found = await queries.find(typed, request.user.warehouses, kind=chosen, page=web.page_number(page))
    path = f"/crm/customers?{urlencode({'q': typed, 'kind': chosen})}"
    return web.page(
        request, "crm/customers.html", block="list", found=found, q=typed, kind=chosen, kinds=KINDS, path=path
    )


def _usual_kind(request: HTMXRequest) -> str:
    return "customer" if request.user.may("see orders") else "supplier"


@get("/crm/customers/{partner_id:int}", guards=[may("see customers")])
async def customer_page(
    request: HTMXRequest, partner_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One partner from every side, as far as this person may see it."""
    partner, version = await _partner(partner_id)
    seen, user, today = request.user.warehouses, request.user, clock.today()
    sells = partner.is_customer and user.may("see orders")
    buys = partner.is_supplier and user.may("see purchases")
    return web.page(
        request,
        "crm/customer.html",
        partner=partner,
        partner_id=partner_id,
        version=version,
        card=await dealing.card_of(partner_id),
        agreed=await agreeing.agreement_of(partner_id),
        sells=sells,
        buys=buys,
        credit=await queries.credit(partner_id) if sells else None,
        figures=await queries.figures(partner_id, seen, today) if sells else None,
        orders=await queries.orders(partner_id, seen) if sells else [],
        returns=await queries.returns(partner_id, seen) if sells else [],
        goods=await queries.goods(partner_id, seen, today) if sells else [],
        purchases=await queries.purchases(partner_id, seen) if buys else [],
        about=await _about(request, partner_id),
        today=today.isoformat(),
        done=done if done == "saved" else "",
    )


async def _about(request: HTMXRequest, partner_id: int) -> desk.About:
    """Notes, files and history; what was agreed is told only to those who may see it."""
    about = await desk.about(request, "catalog", f"p-{partner_id}")
    if _sees_terms(request):
        return about
    told = [line for line in about.timeline if line.word != "catalog.event.terms.agreed"]
    return msgspec.structs.replace(about, timeline=told)


def _sees_terms(request: HTMXRequest) -> bool:
    return request.user.may("see prices") or request.user.may("see costs")


async def _partner(partner_id: int) -> tuple[PartnerDraft, int]:
    found = await catalog.partner(web.known_id(partner_id))
    if found is None:
        raise NotFoundException(detail="partner")
    return found


# Terms


@get("/crm/partners/{partner_id:int}/terms", guards=[may("agree terms")])
async def terms_page(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """What was agreed, as a form."""
    partner, version = await _partner(partner_id)
    agreed = await agreeing.agreement_of(partner_id)
    return await _terms_form(request, partner_id, partner, _values(agreed) | {"version": str(version)}, {})


@post("/crm/partners/{partner_id:int}/terms", guards=[may("agree terms")])
async def agree(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """Write down what was agreed."""
    partner, _ = await _partner(partner_id)
    form = await web.form(request)
    draft = _agreement(form)
    if isinstance(draft, list):
        errors = web.errors(request, draft)
        return await _terms_form(request, partner_id, partner, form.typed(), errors, 422)
    outcome = await agreeing.agree(partner_id, draft, version=form.whole("version") or 0, by=request.user.id)
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return await _terms_form(request, partner_id, partner, form.typed(), errors, 422)
    if not isinstance(outcome, agreeing.Edited):
        # Somebody else was faster: show theirs beside what was typed here.
        fresh = str((await _partner(partner_id))[1])
        told = {"": words.t("desk.stale", request.user.language)}
        return await _terms_form(request, partner_id, partner, form.typed() | {"version": fresh}, told, 409)
    return web.see(f"/crm/customers/{partner_id}?done=saved")


async def _terms_form(
    request: HTMXRequest,
    partner_id: int,
    partner: PartnerDraft,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "crm/terms_form.html",
        status=status,
        partner=partner,
        partner_id=partner_id,
        values=values,
        errors=errors,
        levels=await dealing.levels(),
        policies=order.POLICIES,
    )


def _values(agreed: Agreement) -> dict[str, str]:
    """What was agreed as the texts of its form; nothing where nothing was."""
    common, selling, buying = agreed.common, agreed.selling, agreed.supplying
    limit, most, tolerance = selling.credit_limit, selling.max_discount, buying.tolerance
    return {
        "level": common.level,
        "payment_days": str(common.payment_days or ""),
        "discount": money.format_percent(common.discount) if common.discount else "",
        "is_double_checked": "on" if common.is_double_checked else "",
        "is_blocked": "on" if selling.is_blocked else "",
        "credit_limit": "" if limit is None else money.format_amount(limit),
        "max_discount": "" if most is None else money.format_percent(most),
        "policy": selling.policy,
        "priority": str(selling.priority or ""),
        "tolerance": "" if tolerance is None else money.format_percent(tolerance),
        "is_inspected": "on" if buying.is_inspected else "",
    }


def _agreement(form: Form) -> Agreement | list[Fault]:
    """The terms of a form, or the fields that hold no figure."""
    faults: list[Fault] = []

    def figure(name: str, read: Any, word: str) -> int | None:
        text = form.text(name).strip().replace(",", "").replace("，", "")
        try:
            return int(read(text)) if text else None
        except ValueError:
            faults.append(Fault(0, name, f"catalog.fault.{word}"))
            return None

    draft = Agreement(
        common=PartnerTerms(
            level=form.text("level"),
            payment_days=figure("payment_days", int, "payment_days") or 0,
            discount=figure("discount", money.parse_percent, "discount") or 0,
            is_double_checked=form.flag("is_double_checked"),
        ),
        selling=order.Terms(
            is_blocked=form.flag("is_blocked"),
            credit_limit=figure("credit_limit", money.parse_amount, "amount"),
            max_discount=figure("max_discount", money.parse_percent, "discount"),
            policy=_policy(form.text("policy")),
            priority=figure("priority", int, "number") or 0,
        ),
        supplying=supplying.Terms(
            tolerance=figure("tolerance", money.parse_percent, "discount"),
            is_inspected=form.flag("is_inspected"),
        ),
    )
    return faults or draft


def _policy(text: str) -> order.Policy:
    return next((one for one in ("complete", "cancel") if one == text), "partial")


# Contacts, addresses and tags


@get("/crm/partners/{partner_id:int}/card", guards=[may("edit partners")])
async def card_page(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """How a partner is reached, as a form."""
    partner, version = await _partner(partner_id)
    card = await dealing.card_of(partner_id)
    form = desk.form_of({"version": str(version), "tags": " ".join(card.tags)})
    contacts = [tuple(getattr(one, field) for field in CONTACT) for one in card.contacts]
    addresses: list[tuple[str, ...]] = [
        (one.kind, one.text, one.contact, one.phone, "on" if one.is_main else "") for one in card.addresses
    ]
    return _card_form(request, partner_id, partner, form, contacts, addresses, {})


@post("/crm/partners/{partner_id:int}/card", guards=[may("edit partners")])
async def keep_card(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """Write down how a partner is reached."""
    partner, _ = await _partner(partner_id)
    form = await web.form(request)
    contacts, addresses = form.rows("contacts", *CONTACT), _written(form.rows("addresses", *ADDRESS))
    outcome = await dealing.keep_card(
        partner_id,
        Card(
            contacts=tuple(Contact(*row) for row in contacts),
            addresses=tuple(_address(row) for row in addresses),
            tags=terms.read_tags(form.text("tags")),
        ),
        version=form.whole("version") or 0,
        by=request.user.id,
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        typed = desk.form_of(values)
        return _card_form(request, partner_id, partner, typed, contacts, addresses, errors, status)

    return web.answer(request, outcome, form, f"/crm/customers/{partner_id}", again)


def _written(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows in which something was typed: of an empty one only its kind arrives."""
    return [row for row in rows if any(row[1:])]


def _address(row: tuple[str, ...]) -> Address:
    kind, text, contact, phone, is_main = row
    return Address(text, "bill" if kind == "bill" else "ship", contact, phone, is_main == "on")


def _card_form(
    request: HTMXRequest,
    partner_id: int,
    partner: PartnerDraft,
    form: Form,
    contacts: list[tuple[str, ...]],
    addresses: list[tuple[str, ...]],
    errors: dict[str, str],
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "crm/card_form.html",
        status=status,
        partner=partner,
        partner_id=partner_id,
        values=form.typed(),
        contacts=contacts + [("",) * len(CONTACT)] * BLANK_ROWS,
        addresses=addresses + [("ship", *[""] * (len(ADDRESS) - 1))] * BLANK_ROWS,
        kinds=terms.ADDRESS_KINDS,
        errors=errors,
    )


# Statements


@get("/crm/customers/{partner_id:int}/statement", guards=[may("see prices")])
async def statement_page(
    request: HTMXRequest, partner_id: FromPath[int], since: FromQuery[str] = "", until: FromQuery[str] = ""
) -> Response[str]:
    """What was open, sent, taken back and is open, by default of this month."""
    partner, _ = await _partner(partner_id)
    found = await _statement(request, partner_id, since, until)
    return web.page(
        request,
        "crm/statement.html",
        partner=partner,
        partner_id=partner_id,
        statement=found,
        neighbours=_neighbours(found),
        is_whole=request.user.warehouses is None,
    )


@get("/crm/customers/{partner_id:int}/statement.xlsx", guards=[may("see prices")])
async def statement_sheet(
    request: HTMXRequest, partner_id: FromPath[int], since: FromQuery[str] = "", until: FromQuery[str] = ""
) -> Response[bytes]:
    """The same as a spreadsheet."""
    partner, _ = await _partner(partner_id)
    found = await _statement(request, partner_id, since, until)
    content = sheet.statement_xlsx(found, partner.name, request.user.language)
    name = f"{partner.code}_{found.since}_{found.until}.xlsx"
    return Response(
        content,
        media_type=XLSX,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "no-store",
        },
    )


async def _statement(request: HTMXRequest, partner_id: int, since: str, until: str) -> Statement:
    first, last = statement.period(since, until, clock.today())
    sent, returned = await queries.traded(partner_id, request.user.warehouses)
    return statement.statement(sent, returned, first, last)


def _neighbours(found: Statement) -> list[tuple[str, str]]:
    """The month before and the month after, as periods."""
    return statement.neighbours(date.fromisoformat(found.since))


routes: list[Any] = [
    customers,
    customer_page,
    terms_page,
    agree,
    card_page,
    keep_card,
    statement_page,
    statement_sheet,
]
