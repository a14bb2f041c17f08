"""People: who works here, as what, where, and with which badge."""

import base64
from typing import Any

import zxingcpp
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import events, web, words
from server.catalog import placing
from server.catalog import queries as catalog
from server.people import maintaining, queries
from server.people.account import AccountDraft, Fault
from server.people.maintaining import Edited, Missing, Refused, Stale
from server.people.role import ROLES
from server.web import Form, HTMXRequest, may

DONE = ("added", "saved", "password", "pin")


@get("/people", guards=[may("see people")])
async def everybody(request: HTMXRequest) -> Response[str]:
    """Everybody, those who still work here first."""
    return web.page(request, "people/list.html", people=await queries.everybody())


@get("/people/new", guards=[may("edit people")])
async def new(request: HTMXRequest) -> Response[str]:
    """A form for somebody new."""
    values = {"role": "storekeeper", "language": request.user.language, "is_active": "on"}
    return await _form_page(request, None, values, {})


@post("/people", guards=[may("edit people")])
async def add(request: HTMXRequest) -> Response[str]:
    """Add somebody."""
    form = await web.form(request)
    outcome = await maintaining.add_person(_draft(form), form.text("password"), by=request.user.id)
    if isinstance(outcome, Refused):
        return await _form_page(request, None, _typed(form), _errors(outcome.faults, request), status=422)
    await placing.assign(outcome.id, await _chosen_warehouses(form), by=request.user.id)
    return web.see(f"/people/{outcome.id}?done=added")


@get("/people/{person_id:int}", guards=[may("see people")])
async def person(request: HTMXRequest, person_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """One person: what they may do, where, and what happened to their account."""
    return await _person_page(request, person_id, {}, done=done if done in DONE else "")


@get("/people/{person_id:int}/edit", guards=[may("edit people")])
async def edit_page(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """The same as a form."""
    standing = await _existing(person_id)
    values = {
        "name": standing.name,
        "display_name": standing.display_name,
        "role": standing.role,
        "language": standing.language,
        "is_active": "on" if standing.is_active else "",
        "sees_all_warehouses": "on" if standing.sees_all_warehouses else "",
        "version": str(standing.version),
    }
    values |= {f"warehouse-{key}": "on" for key in await catalog.warehouses_of(person_id)}
    return await _form_page(request, standing, values, {})


@post("/people/{person_id:int}", guards=[may("edit people")])
async def edit(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    standing, form = await _existing(person_id), await web.form(request)
    outcome = await maintaining.edit_person(
        person_id, _draft(form), version=form.whole("version") or 0, by=request.user.id
    )
    values = _typed(form)
    match outcome:
        case Edited():
            await placing.assign(person_id, await _chosen_warehouses(form), by=request.user.id)
            return web.see(f"/people/{person_id}?done=saved")
        case Stale(version):
            values["version"] = str(version)
            errors = {"": words.t("desk.stale", request.user.language)}
            return await _form_page(request, standing, values, errors, status=409)
        case Refused(faults):
            return await _form_page(request, standing, values, _errors(faults, request), status=422)
    raise NotFoundException(detail="person")


@post("/people/{person_id:int}/password", guards=[may("edit people")])
async def set_password(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """Give somebody a new password; it also ends a lock."""
    secret = (await web.form(request)).text("password")
    keep = request.user.session if person_id == request.user.id else 0
    outcome = await maintaining.set_password(
        web.known_id(person_id), secret, by=request.user.id, session=keep
    )
    return await _changed(request, person_id, outcome, "password")


@post("/people/{person_id:int}/pin", guards=[may("edit people")])
async def set_pin(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """Give somebody a PIN."""
    pin = (await web.form(request)).text("pin")
    outcome = await maintaining.set_pin(web.known_id(person_id), pin, by=request.user.id)
    return await _changed(request, person_id, outcome, "pin")


@post("/people/{person_id:int}/badge", guards=[may("edit people")])
async def new_badge(request: HTMXRequest, person_id: FromPath[int]) -> Response[str]:
    """Make a new badge and show it, once, to be printed."""
    badge = await maintaining.new_badge(web.known_id(person_id), by=request.user.id)
    if isinstance(badge, Missing):
        raise NotFoundException(detail="person")
    standing = await _existing(person_id)
    return web.page(
        request, "people/badge.html", person=standing, badge=badge, picture=badge_picture(badge), status=201
    )


def badge_picture(badge: str) -> str:
    """The QR code of a badge as the address of a picture."""
    code = zxingcpp.create_barcode(f"USR:{badge}", zxingcpp.BarcodeFormat.QRCode)
    svg = code.to_svg(add_quiet_zones=False)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


async def _changed(
    request: HTMXRequest, person_id: int, outcome: Edited | Refused | Missing, done: str
) -> Response[str]:
    match outcome:
        case Refused(faults):
            return await _person_page(request, person_id, _errors(faults, request), status=422)
        case Edited():
            return web.see(f"/people/{person_id}?done={done}")
    raise NotFoundException(detail="person")


async def _person_page(
    request: HTMXRequest, person_id: int, errors: dict[str, str], *, status: int = 200, done: str = ""
) -> Response[str]:
    standing = await _existing(person_id)
    works_in = await catalog.warehouses_of(person_id)
    happened = await events.history(f"person:{person_id}", 50)
    has_badge, has_pin = await queries.has_badge(person_id)
    return web.page(
        request,
        "people/person.html",
        status=status,
        person=standing,
        warehouses=[place for place in await catalog.warehouses() if place.id in works_in],
        history=web.story("people", happened, await queries.names(), request.user.language),
        has_badge=has_badge,
        has_pin=has_pin,
        errors=errors,
        done=done,
    )


async def _form_page(
    request: HTMXRequest,
    standing: queries.Person | None,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "people/form.html",
        status=status,
        person=standing,
        values=values,
        errors=errors,
        roles=ROLES,
        warehouses=await catalog.warehouses(),
    )


def _draft(form: Form) -> AccountDraft:
    return AccountDraft(
        name=form.text("name"),
        display_name=form.text("display_name"),
        role=form.text("role"),
        language=form.text("language"),
        is_active=form.flag("is_active"),
        sees_all_warehouses=form.flag("sees_all_warehouses"),
    )


def _typed(form: Form) -> dict[str, str]:
    """What was typed, but no secrets; each ticked warehouse by its own name."""
    typed = {name: text for name, text in form.typed().items() if name != "password"}
    return typed | {f"warehouse-{key}": "on" for key in form.all("warehouse")}


async def _chosen_warehouses(form: Form) -> list[int]:
    existing = {str(place.id): place.id for place in await catalog.warehouses()}
    return [existing[key] for key in form.all("warehouse") if key in existing]


def _errors(faults: list[Fault], request: HTMXRequest) -> dict[str, str]:
    return {fault.field: words.t(fault.word, request.user.language) for fault in faults}


async def _existing(person_id: int) -> queries.Person:
    standing = await queries.by_id(web.known_id(person_id))
    if standing is None:
        raise NotFoundException(detail="person")
    return standing


routes: list[Any] = [everybody, new, add, person, edit_page, edit, set_password, set_pin, new_badge]
