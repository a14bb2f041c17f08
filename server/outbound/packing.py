"""Pack: cartons are opened for a notice and sealed; what is in them the ledger knows."""

import msgspec

from server import clock, events
from server.catalog import gs1, maintaining, naming, queries
from server.catalog.maintaining import Added, Missing
from server.catalog.place import LocationDraft
from server.db import Statement, execute, fetch, writing
from server.outbound import boxing, following, notice, report, surveying
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.outbound.surveying import Carton

MOST_AHEAD = 200
"""Labels of cartons that are made ready at once."""

_INSERT = Statement(
    "INSERT INTO carton (notice, location, sscc, state, weight_g, length_mm, width_mm, height_mm, judged_at,"
    " judged_by) VALUES (?, ?, ?, 'open', 0, 0, 0, 0, 0, '') RETURNING id"
)
_SEAL = Statement(
    "UPDATE carton SET state = 'sealed', sealed_at = ?, judged_at = ?, judged_by = '', weight_g = ?,"
    " length_mm = ?, width_mm = ?, height_mm = ? WHERE id = ?"
)
_REOPEN = Statement(
    "UPDATE carton SET state = 'open', sealed_at = NULL, judged_at = ?, judged_by = '' WHERE id = ?"
)
_NEXT = Statement(
    "INSERT INTO document_series (key, last) VALUES ('SSCC', 1) ON CONFLICT (key)"
    " DO UPDATE SET last = document_series.last + 1 RETURNING last"
)
_ONE = Statement("SELECT notice FROM carton WHERE id = ?")


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """What a carton weighs and measures; nothing where nobody measured."""

    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


async def open_carton(notice_id: int, *, by: By) -> Carton | NotNow | Missing:
    """A new, empty carton for this notice, with a code of its own."""
    async with writing():
        one = await surveying.notice(notice_id, by.warehouses)
        if one is None:
            return Missing()
        if one.state not in notice.LIVE:
            return NotNow(("state",))
        ((place, sscc),) = await _new_cartons(one.warehouse, 1, by)
        await execute(_INSERT, one.id, place, sscc)
        await following.tell_devices([one.id])
        body = {"carton": sscc}
        await events.record("notice.carton", f"sn:{one.id}", body, by=by.person, device=by.device)
        return next(each for each in (await surveying.cartons([one.id]))[one.id] if each.sscc == sscc)


async def label_ahead(warehouse: int, count: int, *, by: By) -> list[tuple[int, str]] | NotNow | Missing:
    """Cartons that belong to no notice yet: their labels are printed now and stuck on where somebody packs.

    Whoever scans one while packing makes it a box of their notice, with or without a network.
    """
    if not by.reaches(warehouse) or await queries.warehouse(warehouse) is None:
        return Missing()
    if not 1 <= count <= MOST_AHEAD:
        return NotNow(("labels",))
    async with writing():
        return await _new_cartons(warehouse, count, by)


async def _new_cartons(warehouse: int, count: int, by: By) -> list[tuple[int, str]]:
    """So many carton places with codes that nobody else has: id and code."""
    prefix = (await naming.company_now()).carton_prefix
    codes = [_sscc(prefix, (await execute(_NEXT))[0][0]) for _ in range(count)]
    drafts = [LocationDraft(code=code, warehouse=warehouse, kind="carton") for code in codes]
    added = await maintaining.add_locations(drafts, by=by.person)
    assert isinstance(added, Added), f"one of {codes[0]}… was given out before"
    return list(zip(added.ids, codes, strict=True))


def _sscc(prefix: str, number: int) -> str:
    """Extension digit, company prefix, our number, check digit; after the last number the first comes again."""
    width = 16 - len(prefix)
    body = f"0{prefix}{number % 10**width:0{width}}"
    return next(body + digit for digit in "0123456789" if gs1.check_digit_fits(body + digit))


async def seal(carton_id: int, size: Size | None, *, by: By, notice_id: int = 0) -> Done | NotNow | Missing:
    """Close a carton (of this notice, if one is named) with its weight and size; nothing of it can be read: refused."""
    async with writing():
        found = await _carton(carton_id, by, notice_id)
        if found is None:
            return Missing()
        if size is None:
            return NotNow(("measures",))
        if found.state == "sealed":
            return NotNow(("state",))
        now = clock.now()
        await execute(_SEAL, now, now, size.weight_g, size.length_mm, size.width_mm, size.height_mm, found.id)
        await execute(boxing.WEIGH, found.notice, found.notice)
        await following.tell_devices([found.notice])
        body = {"carton": found.sscc, "weight": f"{size.weight_g} g"}
        await events.record("notice.sealed", f"sn:{found.notice}", body, by=by.person, device=by.device)
        return Done(found.id, "sealed")


async def reopen(carton_id: int, *, by: By, notice_id: int = 0) -> Done | NotNow | Missing:
    """Open a sealed carton again; whatever is changed in it voids the check."""
    async with writing():
        found = await _carton(carton_id, by, notice_id)
        if found is None:
            return Missing()
        if found.state != "sealed":
            return NotNow(("state",))
        await execute(_REOPEN, clock.now(), found.id)
        await following.tell_devices([found.notice])
        body = {"carton": found.sscc}
        await events.record("notice.reopened", f"sn:{found.notice}", body, by=by.person, device=by.device)
        return Done(found.id, "open")


def measured(weight: str, size: str) -> Size | None:
    """A size from kilograms and centimetres as typed; None for what nobody can read."""
    read = report.typed(weight, size)
    if read is None:
        return None
    length, width, height = read[1]
    return Size(weight_g=read[0], length_mm=length, width_mm=width, height_mm=height)


async def _carton(carton_id: int, by: By, notice_id: int) -> Carton | None:
    rows = await fetch(_ONE, carton_id)
    if rows and notice_id not in (0, rows[0][0]):
        return None
    one = await surveying.notice(rows[0][0], by.warehouses) if rows else None
    if one is None or one.state not in notice.LIVE:
        return None
    return next(each for each in (await surveying.cartons([one.id]))[one.id] if each.id == carton_id)
