"""Items, partners, warehouses, zones and locations on the desk."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery

from server import events, web, words
from server.catalog import item, maintaining, partnering, picturing, placing, queries
from server.catalog.item import BarcodeDraft, Fault, ItemDraft, UnitDraft
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.partner import PartnerDraft
from server.catalog.place import REAL_KINDS, BinRange, LocationDraft
from server.people import queries as people
from server.stock import queries as stock
from server.web import Form, HTMXRequest, may

MAX_ID = 2**63 - 1
MAX_PAGE = 2_500
DONE = ("added", "saved", "picture")
BLANK_ROWS = 3

Outcome = Added | Edited | Refused | Stale | Missing

# Items


@get("/catalog/items", guards=[may("see catalogue")])
async def items(
    request: HTMXRequest, q: FromQuery[str] = "", page: FromQuery[int] = 1, off: FromQuery[int] = 0
) -> Response[str]:
    """Items, searched as one types."""
    found = await queries.find_items(q, page=_page(page), is_active=not off)
    path = _path("/catalog/items", q=q, off=off)
    return web.page(request, "catalog/items.html", block="list", found=found, q=q, off=off, path=path)


@get("/catalog/items/new", guards=[may("edit items")])
async def new_item(request: HTMXRequest) -> Response[str]:
    """A form for a new item."""
    draft = ItemDraft(code="", name="", unit=words.t("catalog.item.default_unit", request.user.language))
    return _item_form(request, None, _item_values(draft), {})


@post("/catalog/items", guards=[may("edit items")])
async def add_item(request: HTMXRequest) -> Response[str]:
    """Add an item."""
    form = await web.form(request)
    draft, unread = _item_draft(form)
    outcome = Refused(unread) if unread else await maintaining.add_items([draft], by=request.user.id)
    if isinstance(outcome, Refused):
        faults = [*outcome.faults, *_other_faults(draft, unread)]
        return _item_form(request, None, _item_typed(form), _errors(request, faults), status=422)
    return web.see(f"/catalog/items/{outcome.ids[0]}?done=added")


@get("/catalog/items/{item_id:int}", guards=[may("see catalogue")])
async def item_page(request: HTMXRequest, item_id: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """One item: what it is, how it is counted, where it lies, what happened to it."""
    return await _item_page(request, item_id, {}, done=done if done in DONE else "")


@get("/catalog/items/{item_id:int}/edit", guards=[may("edit items")])
async def edit_item_page(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """The same as a form."""
    draft, head = await _existing_item(item_id)
    return _item_form(request, item_id, _item_values(draft) | {"version": str(head.version)}, {})


@post("/catalog/items/{item_id:int}", guards=[may("edit items")])
async def edit_item(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    form, by = await web.form(request), request.user.id
    draft, unread = _item_draft(form)
    outcome: Outcome = (
        Refused([*unread, *_other_faults(draft, unread)])
        if unread
        else await maintaining.edit_item(_id(item_id), draft, version=form.whole("version") or 0, by=by)
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        typed = _item_typed(form) | {"version": values.get("version", "")}
        return _item_form(request, item_id, typed, errors, status=status)

    return _answer(request, outcome, form, f"/catalog/items/{item_id}", again)


@post("/catalog/items/{item_id:int}/activation", guards=[may("edit items")])
async def switch_item(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Switch an item off, or on again."""
    await _existing_item(item_id)
    is_active = (await web.form(request)).flag("is_active")
    outcome = await maintaining.switch_items([item_id], is_active=is_active, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _item_page(request, item_id, _errors(request, outcome.faults), status=422)
    return web.see(f"/catalog/items/{item_id}?done=saved")


@post("/catalog/items/{item_id:int}/picture", guards=[may("edit items")])
async def add_picture(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Keep a picture of the item; an empty file takes it away."""
    upload = (await request.form()).get("picture")
    content = await upload.read() if isinstance(upload, UploadFile) else b""
    outcome = await picturing.keep_picture(_id(item_id), content, by=request.user.id)
    match outcome:
        case Missing():
            raise NotFoundException(detail="item")
        case Refused(faults):
            return await _item_page(request, item_id, _errors(request, faults), status=422)
    return web.see(f"/catalog/items/{item_id}?done=picture")


@get("/catalog/items/{item_id:int}/picture", guards=[may("see catalogue")])
async def picture(request: HTMXRequest, item_id: FromPath[int]) -> Response[bytes]:
    """The picture; its address carries its name, so it may be kept."""
    file = await picturing.picture_of(_id(item_id))
    if file is None:
        raise NotFoundException(detail="picture")
    return Response(file, media_type="image/webp", headers={"Cache-Control": "private, max-age=31536000"})


async def _existing_item(item_id: int) -> tuple[ItemDraft, queries.ItemHead]:
    head = await queries.item_head(_id(item_id))
    if head is None:
        raise NotFoundException(detail="item")
    return (await queries.item_drafts([item_id]))[item_id], head


async def _item_page(
    request: HTMXRequest, item_id: int, errors: dict[str, str], *, status: int = 200, done: str = ""
) -> Response[str]:
    draft, head = await _existing_item(item_id)
    codes = await queries.live_barcodes_of([item_id])
    return web.page(
        request,
        "catalog/item.html",
        status=status,
        item=draft,
        head=head,
        units=[(unit.name, item.written_factor(unit.numerator, unit.denominator)) for unit in draft.units],
        former=[row.code for row in codes if row.kind == "code"],
        holdings=await stock.of_item(item_id, request.user.warehouses),
        history=await _story(request, f"item:{item_id}"),
        errors=errors,
        done=done,
    )


def _item_form(
    request: HTMXRequest,
    item_id: int | None,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Response[str]:
    return web.page(
        request,
        "catalog/item_form.html",
        status=status,
        item_id=item_id,
        values=values,
        errors=errors,
        unit_rows=range(_rows(values, "units")),
        barcode_rows=range(_rows(values, "barcodes")),
        unit_names=[name for key, name in values.items() if _is_unit_name(key) and name],
    )


def _is_unit_name(key: str) -> bool:
    return key == "unit" or (key.startswith("units.") and key.endswith(".name"))


def _rows(values: dict[str, str], prefix: str) -> int:
    """As many rows as hold something, and a few blank ones to write into."""
    filled = {
        int(key.split(".")[1])
        for key, value in values.items()
        if key.startswith(f"{prefix}.") and value and key.split(".")[1].isdigit()
    }
    return min(max(filled, default=-1) + 1, 200) + BLANK_ROWS


def _item_values(draft: ItemDraft) -> dict[str, str]:
    values = {"code": draft.code, "name": draft.name, "unit": draft.unit, "scale": str(draft.scale)}
    flags = ("has_lots", "has_expiry", "has_serials", "is_active")
    values |= {flag: "on" if getattr(draft, flag) else "" for flag in flags}
    for row, unit in enumerate(draft.units):
        values[f"units.{row}.name"] = unit.name
        values[f"units.{row}.factor"] = item.written_factor(unit.numerator, unit.denominator)
    for row, barcode in enumerate(draft.barcodes):
        values[f"barcodes.{row}.code"] = barcode.code
        values[f"barcodes.{row}.unit"] = barcode.unit
    return values


def _item_typed(form: Form) -> dict[str, str]:
    """The form as it was typed, its rows closed up: faults name rows as they stand then."""
    values = {name: text for name, text in form.typed().items() if "." not in name}
    for prefix, columns in (("units", ("name", "factor")), ("barcodes", ("code", "unit"))):
        for row, cells in enumerate(_filled(form, prefix, *columns)):
            values |= {f"{prefix}.{row}.{column}": cell for column, cell in zip(columns, cells, strict=True)}
    return values


def _filled(form: Form, prefix: str, *columns: str) -> list[tuple[str, ...]]:
    """Rows that say something; a chosen unit without a barcode says nothing."""
    rows = form.rows(prefix, *columns)
    return [row for row in rows if row[0]] if prefix == "barcodes" else rows


def _item_draft(form: Form) -> tuple[ItemDraft, list[Fault]]:
    """The item as typed, and what could not even be read of it."""
    unread: list[Fault] = []
    scale = form.whole("scale")
    if scale is None:
        unread.append(Fault(0, "scale", "catalog.fault.scale"))
    units: list[UnitDraft] = []
    for row, (name, typed) in enumerate(_filled(form, "units", "name", "factor")):
        factor = item.read_factor(typed)
        if factor is None:
            unread.append(Fault(0, f"units.{row}.factor", "catalog.fault.factor"))
        else:
            units.append(UnitDraft(name, factor.numerator, factor.denominator))
    barcodes = [BarcodeDraft(code, unit) for code, unit in _filled(form, "barcodes", "code", "unit")]
    draft = ItemDraft(
        code=form.text("code"),
        name=form.text("name"),
        unit=form.text("unit"),
        scale=scale or 0,
        has_lots=form.flag("has_lots"),
        has_expiry=form.flag("has_expiry"),
        has_serials=form.flag("has_serials"),
        is_active=form.flag("is_active"),
        units=tuple(units),
        barcodes=tuple(barcodes),
    )
    return draft, unread


def _other_faults(draft: ItemDraft, unread: list[Fault]) -> Iterable[Fault]:
    """What is wrong besides what could not be read, so that everything shows at once."""
    if not unread:
        return []
    plain = ("code", "name", "unit", "has_serials")
    return [fault for fault in item.faults(item.tidy(draft)) if fault.field in plain]


# Partners


@get("/catalog/partners", guards=[may("see catalogue")])
async def partners(
    request: HTMXRequest, q: FromQuery[str] = "", page: FromQuery[int] = 1, off: FromQuery[int] = 0
) -> Response[str]:
    """Customers and suppliers, searched as one types."""
    found = await queries.find_partners(q, page=_page(page), is_active=not off)
    path = _path("/catalog/partners", q=q, off=off)
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
        errors = _errors(request, outcome.faults)
        return _partner_form(request, None, form.typed(), errors, 422)
    return web.see(f"/catalog/partners/{outcome.ids[0]}?done=added")


@get("/catalog/partners/{partner_id:int}", guards=[may("see catalogue")])
async def partner_page(
    request: HTMXRequest, partner_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One partner."""
    found = await queries.partner(_id(partner_id))
    if found is None:
        raise NotFoundException(detail="partner")
    return web.page(
        request,
        "catalog/partner.html",
        partner=found[0],
        partner_id=partner_id,
        history=await _story(request, f"partner:{partner_id}"),
        done=done if done in DONE else "",
    )


@get("/catalog/partners/{partner_id:int}/edit", guards=[may("edit partners")])
async def edit_partner_page(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """The same as a form."""
    found = await queries.partner(_id(partner_id))
    if found is None:
        raise NotFoundException(detail="partner")
    draft, version = found
    return _partner_form(request, partner_id, _flat(draft) | {"version": str(version)}, {})


@post("/catalog/partners/{partner_id:int}", guards=[may("edit partners")])
async def edit_partner(request: HTMXRequest, partner_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    form = await web.form(request)
    outcome = await partnering.edit_partner(
        _id(partner_id), _partner_draft(form), version=form.whole("version") or 0, by=request.user.id
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        return _partner_form(request, partner_id, values, errors, status)

    return _answer(request, outcome, form, f"/catalog/partners/{partner_id}", again)


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


# Warehouses, zones and locations


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
            errors=_errors(request, outcome.faults),
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
    found = await queries.find_locations(_id(warehouse_id), q, page=_page(page), is_active=not off)
    return await _warehouse_page(
        request, warehouse_id, {}, {}, found=found, q=q, off=off, made=made, done=done if done in DONE else ""
    )


@get("/catalog/warehouses/{warehouse_id:int}/edit", guards=[may("edit locations")])
async def edit_warehouse_page(request: HTMXRequest, warehouse_id: FromPath[int]) -> Response[str]:
    """A warehouse as a form."""
    standing = await _existing_warehouse(request, warehouse_id)
    return _place_form(
        request, "warehouse", warehouse_id, f"/catalog/warehouses/{warehouse_id}", _flat(standing)
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

    return _answer(request, outcome, form, path, again)


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
    return _place_form(request, "zone", zone.warehouse, f"/catalog/zones/{zone_id}", _flat(zone))


@post("/catalog/zones/{zone_id:int}", guards=[may("edit locations")])
async def edit_zone(request: HTMXRequest, zone_id: FromPath[int]) -> Response[str]:
    """Write what the form says."""
    zone, form = await _existing_zone(request, zone_id), await web.form(request)
    outcome = await placing.edit_zone(zone_id, form.text("code"), form.text("name"), by=request.user.id)

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        path = f"/catalog/zones/{zone_id}"
        return _place_form(request, "zone", zone.warehouse, path, values, errors, status)

    return _answer(request, outcome, form, f"/catalog/warehouses/{zone.warehouse}", again)


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
        errors = _errors(request, outcome.faults)
        return await _location_form(request, warehouse_id, None, form.typed(), errors, status=422)
    return web.see(f"/catalog/locations/{outcome.ids[0]}?done=added")


@get("/catalog/locations/{location_id:int}", guards=[may("see catalogue")])
async def location_page(
    request: HTMXRequest, location_id: FromPath[int], done: FromQuery[str] = ""
) -> Response[str]:
    """One location: where it is, what lies there, what happened to it."""
    line = await _existing_location(request, location_id)
    return web.page(
        request,
        "catalog/location.html",
        location=line,
        warehouse=await queries.warehouse(line.warehouse),
        holdings=await stock.at_location(location_id, request.user.warehouses),
        history=await _story(request, f"location:{location_id}"),
        done=done if done in DONE else "",
    )


@get("/catalog/locations/{location_id:int}/edit", guards=[may("edit locations")])
async def edit_location_page(request: HTMXRequest, location_id: FromPath[int]) -> Response[str]:
    """A location as a form."""
    line = await _existing_location(request, location_id)
    return await _location_form(request, line.warehouse, location_id, _flat(line), {})


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

    return _answer(request, outcome, form, f"/catalog/locations/{location_id}", again)


async def _existing_warehouse(request: HTMXRequest, warehouse_id: int) -> queries.Warehouse:
    standing = await queries.warehouse(_id(warehouse_id))
    if standing is None:
        raise NotFoundException(detail="warehouse")
    _must_reach(request, warehouse_id)
    return standing


async def _existing_zone(request: HTMXRequest, zone_id: int) -> queries.Zone:
    zone = await queries.zone(_id(zone_id))
    if zone is None:
        raise NotFoundException(detail="zone")
    _must_reach(request, zone.warehouse)
    return zone


async def _existing_location(request: HTMXRequest, location_id: int) -> queries.LocationLine:
    line = (await queries.locations([_id(location_id)])).get(location_id)
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
            errors = _errors(request, named)
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
        path=_path(f"/catalog/warehouses/{warehouse_id}", q=q, off=off),
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


# What all of them share


def _answer(
    request: HTMXRequest,
    outcome: Outcome,
    form: Form,
    path: str,
    again: Callable[[dict[str, str], dict[str, str], int], Response[str]],
) -> Response[str]:
    """Go on after an edit, or show the form `again` as it was typed, with every fault."""
    match outcome:
        case Refused(faults):
            return again(form.typed(), _errors(request, faults), 422)
        case Stale(version):
            values = form.typed() | {"version": str(version)}
            return again(values, {"": words.t("desk.stale", request.user.language)}, 409)
        case Missing():
            raise NotFoundException(detail=path)
    return web.see(f"{path}?done=saved")


def _errors(request: HTMXRequest, faults: Iterable[Fault]) -> dict[str, str]:
    return {fault.field: words.t(fault.word, request.user.language) for fault in faults}


async def _story(request: HTMXRequest, subject: str) -> list[web.Told]:
    happened = await events.history(subject, 50)
    return web.story("catalog", happened, await people.names(), request.user.language)


def _flat(record: Any) -> dict[str, str]:
    """A record as the texts of a form."""
    values = msgspec.structs.asdict(record)
    return {
        name: ("on" if value is True else "" if value is False else str(value))
        for name, value in values.items()
    }


def _path(path: str, *, q: str, off: int) -> str:
    return f"{path}?{urlencode({'q': q, 'off': int(bool(off))})}"


def _page(number: int) -> int:
    return min(max(number, 1), MAX_PAGE)


def _id(key: int) -> int:
    if not 0 < key <= MAX_ID:
        raise NotFoundException(detail="no such id")
    return key


routes: list[Any] = [
    items,
    new_item,
    add_item,
    item_page,
    edit_item_page,
    edit_item,
    switch_item,
    add_picture,
    picture,
    partners,
    new_partner,
    add_partner,
    partner_page,
    edit_partner_page,
    edit_partner,
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
