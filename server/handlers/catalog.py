"""Items on the desk: search, add, edit, switch off, pictures."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import events, ids, web, words
from server.catalog import item, maintaining, picturing, queries
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft
from server.catalog.maintaining import Missing, Refused
from server.documents import line, reading
from server.people import queries as people
from server.people.role import counts_blind
from server.stock import queries as stock
from server.web import Form, HTMXRequest, may

DONE = ("added", "saved", "picture")
BLANK_ROWS = 3


@get("/catalog/items", guards=[may("see catalogue")])
async def items(
    request: HTMXRequest, q: FromQuery[str] = "", page: FromQuery[int] = 1, off: FromQuery[int] = 0
) -> Response[str]:
    """Items, searched as one types."""
    found = await queries.find_items(q, page=web.page_number(page), is_active=not off)
    path = web.list_path("/catalog/items", q=q, off=off)
    return web.page(request, "catalog/items.html", block="list", found=found, q=q, off=off, path=path)


@get("/catalog/items/suggestions", guards=[may("see catalogue")])
async def suggestions(request: HTMXRequest, q: FromQuery[str] = "") -> Response[str]:
    """What somebody may mean who types into a line of an order."""
    found = await reading.suggestions(q.replace("\0", "").strip()[:100]) if q.strip() else []
    return web.page(request, "catalog/suggestions.html", found=found)


@post("/catalog/items/meanings", guards=[may("see catalogue")])
async def meanings(request: HTMXRequest) -> Response[str]:
    """What the codes of pasted rows mean; a POST only because they may be many."""
    codes = (await web.form(request)).all("code")[: line.MAX_LINES]
    found = await reading.meanings(code.strip()[:100] for code in codes)
    return web.page(request, "catalog/suggestions.html", found=found)


@get("/catalog/items/new", guards=[may("edit items")])
async def new_item(request: HTMXRequest) -> Response[str]:
    """A form for a new item."""
    draft = ItemDraft(code="", name="", unit=words.t("catalog.item.default_unit", request.user.language))
    return _item_form(request, None, _item_values(draft), {})


@post("/catalog/items", guards=[may("edit items")])
async def add_item(request: HTMXRequest) -> Response[str]:
    """Add an item."""
    form = await web.form(request)
    outcome = await maintaining.add_items([_item_draft(form)], by=request.user.id)
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return _item_form(request, None, _item_typed(form), errors, status=422)
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
    form = await web.form(request)
    outcome = await maintaining.edit_item(
        web.known_id(item_id), _item_draft(form), version=form.whole("version") or 0, by=request.user.id
    )

    def again(values: dict[str, str], errors: dict[str, str], status: int) -> Response[str]:
        typed = _item_typed(form) | {"version": values.get("version", "")}
        return _item_form(request, item_id, typed, errors, status=status)

    return web.answer(request, outcome, form, f"/catalog/items/{item_id}", again)


@post("/catalog/items/{item_id:int}/activation", guards=[may("edit items")])
async def switch_item(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Switch an item off, or on again."""
    await _existing_item(item_id)
    is_active = (await web.form(request)).flag("is_active")
    outcome = await maintaining.switch_items([item_id], is_active=is_active, by=request.user.id)
    if isinstance(outcome, Refused):
        return await _item_page(request, item_id, web.errors(request, outcome.faults), status=422)
    return web.see(f"/catalog/items/{item_id}?done=saved")


@post("/catalog/items/{item_id:int}/picture", guards=[may("edit items")])
async def add_picture(request: HTMXRequest, item_id: FromPath[int]) -> Response[str]:
    """Keep a picture of the item; an empty file takes it away."""
    upload = (await request.form()).get("picture")
    content = await upload.read() if isinstance(upload, UploadFile) else b""
    outcome = await picturing.keep_picture(web.known_id(item_id), content, by=request.user.id)
    match outcome:
        case Missing():
            raise NotFoundException(detail="item")
        case Refused(faults):
            return await _item_page(request, item_id, web.errors(request, faults), status=422)
    return web.see(f"/catalog/items/{item_id}?done=picture")


@get("/catalog/items/{item_id:int}/picture", guards=[may("see catalogue")])
async def picture(request: HTMXRequest, item_id: FromPath[int]) -> Response[bytes]:
    """The picture; its address carries its name, so it may be kept."""
    file = await picturing.picture_of(web.known_id(item_id))
    if file is None:
        raise NotFoundException(detail="picture")
    return Response(file, media_type="image/webp", headers={"Cache-Control": "private, max-age=31536000"})


async def _existing_item(item_id: int) -> tuple[ItemDraft, queries.ItemHead]:
    head = await queries.item_head(web.known_id(item_id))
    if head is None:
        raise NotFoundException(detail="item")
    return (await queries.item_drafts([item_id]))[item_id], head


async def _item_page(
    request: HTMXRequest, item_id: int, errors: dict[str, str], *, status: int = 200, done: str = ""
) -> Response[str]:
    draft, head = await _existing_item(item_id)
    codes = await queries.live_barcodes_of([item_id])
    is_blind = counts_blind(request.user.role)
    return web.page(
        request,
        "catalog/item.html",
        status=status,
        item=draft,
        head=head,
        units=[(unit.name, item.written_factor(unit.numerator, unit.denominator)) for unit in draft.units],
        former=[row.code for row in codes if row.kind == "code"],
        holdings=await stock.of_item(item_id, request.user.warehouses, is_blind=is_blind),
        counted=await stock.counted_blind(request.user.warehouses, item=item_id) if is_blind else [],
        history=await _story(request, f"item:{item_id}"),
        request_id=ids.uuid7(),
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
        other_units=[
            name
            for key, name in values.items()
            if name and key.startswith("units.") and key.endswith(".name")
        ],
    )


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
    flags = ("has_lots", "has_expiry", "has_serials", "scans_each", "is_active")
    values |= {flag: "on" if getattr(draft, flag) else "" for flag in flags}
    for row, unit in enumerate(draft.units):
        values[f"units.{row}.name"] = unit.name
        values[f"units.{row}.factor"] = item.written_factor(unit.numerator, unit.denominator)
    for row, barcode in enumerate(draft.barcodes):
        values[f"barcodes.{row}.code"] = barcode.code
        # The base unit is chosen by no name: it may be renamed in the same form.
        values[f"barcodes.{row}.unit"] = "" if barcode.unit == draft.unit else barcode.unit
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


def _item_draft(form: Form) -> ItemDraft:
    """The item as typed. What is no number becomes one that no item may have, so it is refused in its place."""
    scale = form.whole("scale")
    units = _filled(form, "units", "name", "factor")
    barcodes = _filled(form, "barcodes", "code", "unit")
    return ItemDraft(
        code=form.text("code"),
        name=form.text("name"),
        unit=form.text("unit"),
        scale=-1 if scale is None else scale,
        has_lots=form.flag("has_lots"),
        has_expiry=form.flag("has_expiry"),
        has_serials=form.flag("has_serials"),
        scans_each=form.flag("scans_each"),
        is_active=form.flag("is_active"),
        units=tuple(UnitDraft(name, *_ratio(factor)) for name, factor in units),
        barcodes=tuple(BarcodeDraft(code, unit) for code, unit in barcodes),
    )


def _ratio(typed: str) -> tuple[int, int]:
    factor = item.read_factor(typed)
    return factor.as_integer_ratio() if factor is not None else (0, 1)


async def _story(request: HTMXRequest, subject: str) -> list[web.Told]:
    happened = await events.history(subject, 50)
    return web.story("catalog", happened, await people.names(), request.user.language)


routes: list[Any] = [
    items,
    suggestions,
    meanings,
    new_item,
    add_item,
    item_page,
    edit_item_page,
    edit_item,
    switch_item,
    add_picture,
    picture,
]
