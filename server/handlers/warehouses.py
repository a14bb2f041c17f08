"""Warehouses, zones and locations on the desk, for who works there."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery

from server import events, ids, web
from server.catalog import maintaining, placing, queries
from server.catalog.maintaining import Added, Missing, Refused
from server.catalog.place import REAL_KINDS, BinRange, LocationDraft
from server.people import queries as people
from server.people.role import counts_blind
from server.stock import queries as stock
from server.web import Form, HTMXRequest, may

DONE = ("added", "saved")


@get("/catalog/warehouses", guards=[may("see catalogue")])
async def warehouses(request: HTMXRequest) -> Response[str]:
    """The warehouses this visitor works in."""
    mine = [place for place in await queries.warehouses() if request.user.reaches(place.id)]
    return web.page(request, "catalog/warehouses.html", warehouses=mine, values={}, errors={})


@post("/catalog/warehouses", guards=[may("edit locations")])
async def open_warehouse(request: HTMXRequest) -> Response[str]:
    """Open a warehouse; only for who sees all of them, since nobody is assigned to it yet."""
    _must_reach(request, None)
    form = await web.form(request)
    outcome = await placing.open_warehouse(form.text("code"), form.text("name"), by=request.user.id)
    if isinstance(outcome, Refused):
        return web.page(
            request,
            "catalog/warehouses.html",
            status=422,
            warehouses=await queries.warehouses(),
            values=form.typed(),
            errors=web.errors(request, outcome.faults),
        )
    return web.see(f"/catalog/warehouses/{outcome.ids[0]}?done=added")


@get("/catalog/warehouses/{warehouse_id:int}", guards=[may("see catalogue")])
async def warehouse_page(
    request: HTMXRequest,
    warehouse_id: FromPath[int],
    q: FromQuery[str] = "",
    page: FromQuery[int] = 1,
    off: FromQuery[int] = 0,
    done: FromQuery[str] = "",
    made: FromQuery[int] = 0,
) -> Response[str]:
    """One warehouse: its zones and its locations, searched as one types."""
    found = await queries.find_locations(
        web.known_id(warehouse_id), q, page=web.page_number(page), is_active=not off
    )
    return await _warehouse_page(
        request, warehouse_id, {}, {}, found=found, q=q, off=off, made=made, done=done if done in DONE else ""
    )


@get("/catalog/warehouses/{warehouse_id:int}/edit", guards=[may("edit locations")])
async def edit_warehouse_page(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """A warehouse as a form."""
    standing = await _existing_warehouse(request, warehouse_id)
    return _place_form(
        request, "warehouse", warehouse_id, f"/catalog/warehouses/{warehouse_id}", web.flat(standing)
    )


@post("/catalog/warehouses/{warehouse_id:int}", guards=[may("edit locations")])
async def edit_warehouse(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    await _existing_warehouse(request, warehouse_id)
    form, path = await web.form(request), f"/catalog/warehouses/{warehouse_id}"
    outcome = await placing.edit_warehouse(
        warehouse_id,
        form.text("code"),
        form.text("name"),
        is_active=form.flag("is_active"),
        version=form.whole("version") or 0,
        by=request.user.id,
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        return _place_form(request, "warehouse", warehouse_id, path, values, errors, status)

    return web.answer(request, outcome, form, path, again)


@post("/catalog/warehouses/{warehouse_id:int}/zones", guards=[may("edit locations")])
async def add_zone(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """Add a zone."""
    await _existing_warehouse(request, warehouse_id)
    form = await web.form(request)
    code, name = form.text("zone_code"), form.text("zone_name")
    outcome = await placing.add_zone(warehouse_id, code, name, by=request.user.id)
    return await _added_here(request, warehouse_id, form, outcome, {"code": "zone_code", "name": "zone_name"})


@get("/catalog/zones/{zone_id:int}", guards=[may("edit locations")])
async def zone_page(request: HTMXRequest, zone_id: FromPath[int]) -> Response[str]:
    """A zone as a form."""
    zone = await _existing_zone(request, zone_id)
    return _place_form(request, "zone", zone.warehouse, f"/catalog/zones/{zone_id}", web.flat(zone))


@post("/catalog/zones/{zone_id:int}", guards=[may("edit locations")])
async def edit_zone(request: HTMXRequest, zone_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    zone, form = await _existing_zone(request, zone_id), await web.form(request)
    outcome = await placing.edit_zone(zone_id, form.text("code"), form.text("name"), by=request.user.id)

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        path = f"/catalog/zones/{zone_id}"
        return _place_form(request, "zone", zone.warehouse, path, values, errors, status)

    return web.answer(request, outcome, form, f"/catalog/warehouses/{zone.warehouse}", again)


@post("/catalog/warehouses/{warehouse_id:int}/bins", guards=[may("edit locations")])
async def add_bins(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """Add every bin of a range."""
    await _existing_warehouse(request, warehouse_id)
    form = await web.form(request)
    texts = {field: form.text(field) for field in ("aisles", "bays", "levels", "prefix")}
    zone = form.text("bins_zone")
    outcome = await placing.add_bins(warehouse_id, BinRange(**texts), zone, by=request.user.id)
    return await _added_here(request, warehouse_id, form, outcome, {"code": "aisles"})


@get("/catalog/warehouses/{warehouse_id:int}/locations/new", guards=[may("edit locations")])
async def new_location(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """A form for a new location."""
    await _existing_warehouse(request, warehouse_id)
    values = {"kind": "bin", "is_active": "on", "bay": "0", "level": "0"}
    return await _location_form(request, warehouse_id, None, values, {})


@post("/catalog/warehouses/{warehouse_id:int}/locations", guards=[may("edit locations")])
async def add_location(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """Add a location."""
    await _existing_warehouse(request, warehouse_id)
    form = await web.form(request)
    outcome = await maintaining.add_locations([_location_draft(form, warehouse_id)], by=request.user.id)
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return await _location_form(request, warehouse_id, None, form.typed(), errors, status=422)
    return web.see(f"/catalog/locations/{outcome.ids[0]}?done=added")


@get("/catalog/locations/{location_id:int}", guards=[may("see catalogue")])
async def location_page(
    request: HTMXRequest, location_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One location: where it is, what lies there, what happened to it."""
    line = await _existing_location(request, location_id)
    is_blind = counts_blind(request.user.role)
    return web.page(
        request,
        "catalog/location.html",
        location=line,
        warehouse=await queries.warehouse(line.warehouse),
        holdings=await stock.at_location(location_id, request.user.warehouses, is_blind=is_blind),
        counted=await stock.counted_blind(location=location_id) if is_blind else [],
        history=await _story(request, f"location:{location_id}"),
        request_id=ids.uuid7(),
        done=done if done in DONE else "",
    )


@get("/catalog/locations/{location_id:int}/edit", guards=[may("edit locations")])
async def edit_location_page(request: HTMXRequest, location_id: FromPath[int]) -> Response[str]:
    """A location as a form."""
    line = await _existing_location(request, location_id)
    return await _location_form(request, line.warehouse, location_id, web.flat(line), {})


@post("/catalog/locations/{location_id:int}", guards=[may("edit locations")])
async def edit_location(request: HTMXRequest, location_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    line, form = await _existing_location(request, location_id), await web.form(request)
    outcome = await placing.edit_location(
        location_id,
        _location_draft(form, line.warehouse),
        version=form.whole("version") or 0,
        by=request.user.id,
    )
    zones = await queries.zones(line.warehouse)

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        return _location_page(request, line.warehouse, location_id, values, errors, zones, status)

    return web.answer(request, outcome, form, f"/catalog/locations/{location_id}", again)


async def _existing_warehouse(request: HTMXRequest, warehouse_id: int) -> queries.Warehouse:
    standing = await queries.warehouse(web.known_id(warehouse_id))
    if standing is None:
        raise NotFoundException(detail="warehouse")
    _must_reach(request, warehouse_id)
    return standing


async def _existing_zone(request: HTMXRequest, zone_id: int) -> queries.Zone:
    zone = await queries.zone(web.known_id(zone_id))
    if zone is None:
        raise NotFoundException(detail="zone")
    _must_reach(request, zone.warehouse)
    return zone


async def _existing_location(request: HTMXRequest, location_id: int) -> queries.LocationLine:
    line = (await queries.locations([web.known_id(location_id)])).get(location_id)
    if line is None:
        raise NotFoundException(detail="location")
    _must_reach(request, line.warehouse)
    return line


def _must_reach(request: HTMXRequest, warehouse: int | None) -> None:
    """Refuse who does not work in this warehouse; None means all of them."""
    user = request.user
    if not (user.warehouses is None if warehouse is None else user.reaches(warehouse)):
        raise PermissionDeniedException(detail="another warehouse")


async def _added_here(
    request: HTMXRequest,
    warehouse_id: int,
    form: Form,
    outcome: Added | Refused | Missing,
    fields: dict[str, str],
) -> Response[str]:
    match outcome:
        case Refused(faults):
            named = [
                msgspec.structs.replace(fault, field=fields.get(fault.field, fault.field)) for fault in faults
            ]
            errors = web.errors(request, named)
            return await _warehouse_page(request, warehouse_id, form.typed(), errors, status=422)
        case Added(ids):
            return web.see(f"/catalog/warehouses/{warehouse_id}?made={len(ids)}")
    raise NotFoundException(detail="warehouse")


async def _warehouse_page(
    request: HTMXRequest,
    warehouse_id: int,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    found: queries.Page | None = None,
    q: str = "",
    off: int = 0,
    made: int = 0,
    done: str = "",
    status: int = 200,
) -> Response[str]:
    standing = await _existing_warehouse(request, warehouse_id)
    return web.page(
        request,
        "catalog/warehouse.html",
        block="list",
        status=status,
        warehouse=standing,
        zones=await queries.zones(warehouse_id),
        found=found or await queries.find_locations(warehouse_id, ""),
        q=q,
        off=off,
        path=web.list_path(f"/catalog/warehouses/{warehouse_id}", q=q, off=off),
        values=values,
        errors=errors,
        history=await _story(request, f"warehouse:{warehouse_id}"),
        made=made,
        done=done,
    )


def _place_form(
    request: HTMXRequest,
    kind: str,
    warehouse_id: int,
    action: str,
    values: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "catalog/place_form.html",
        status=status,
        kind=kind,
        warehouse_id=warehouse_id,
        action=action,
        values=values,
        errors=errors or {},
    )


async def _location_form(
    request: HTMXRequest,
    warehouse_id: int,
    location_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response[str]:
    zones = await queries.zones(warehouse_id)
    return _location_page(request, warehouse_id, location_id, values, errors, zones, status)


def _location_page(
    request: HTMXRequest,
    warehouse_id: int,
    location_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    zones: list[queries.Zone],
    status: int,
) -> Response[str]:
    return web.page(
        request,
        "catalog/location_form.html",
        status=status,
        warehouse_id=warehouse_id,
        location_id=location_id,
        values=values,
        errors=errors,
        zones=zones,
        kinds=REAL_KINDS,
    )


def _location_draft(form: Form, warehouse: int) -> LocationDraft:
    bay, level = form.whole("bay"), form.whole("level")
    return LocationDraft(
        code=form.text("code"),
        warehouse=warehouse,
        zone=form.text("zone"),
        kind=form.text("kind"),
        aisle=form.text("aisle"),
        # What is no number is refused as one that is out of range, beside its field.
        bay=-1 if bay is None else bay,
        level=-1 if level is None else level,
        is_active=form.flag("is_active"),
    )


async def _story(request: HTMXRequest, subject: str) -> list[web.Told]:
    happened = await events.history(subject, 50)
    return web.story("catalog", happened, await people.names(), request.user.language)


routes: list[Any] = [
    warehouses,
    open_warehouse,
    warehouse_page,
    edit_warehouse_page,
    edit_warehouse,
    add_zone,
    zone_page,
    edit_zone,
    add_bins,
    new_location,
    add_location,
    location_page,
    edit_location_page,
    edit_location,
]
