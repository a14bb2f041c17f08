"""Pack: cartons are opened for a notice and sealed; what is in them the ledger knows."""

import msgspec

from server import clock, events
from server.catalog import gs1, maintaining
from server.catalog.maintaining import Added, Missing
from server.catalog.place import LocationDraft
from server.db import Statement, execute, fetch, writing
from server.outbound import notice, surveying
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.outbound.surveying import Carton

COMPANY = "0000000"
"""In place of a registered GS1 prefix: the codes of our cartons are good inside the house only."""

_INSERT = Statement(
    "INSERT INTO carton (notice, location, sscc, state, weight_g, length_mm, width_mm, height_mm)"
    " VALUES (?, ?, ?, 'open', 0, 0, 0, 0) RETURNING id"
)
_SEAL = Statement(
    "UPDATE carton SET state = 'sealed', sealed_at = ?, weight_g = ?, length_mm = ?, width_mm = ?, height_mm = ?"
    " WHERE id = ?"
)
_REOPEN = Statement("UPDATE carton SET state = 'open', sealed_at = NULL WHERE id = ?")
_WEIGHT = Statement(
    "UPDATE shipment_notice SET weight_g = (SELECT coalesce(sum(c.weight_g), 0) FROM carton c WHERE c.notice = ?)"
    " WHERE id = ?"
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
        number: int = (await execute(_NEXT))[0][0]
        sscc = _sscc(number)
        draft = LocationDraft(code=sscc, warehouse=one.warehouse, kind="carton")
        added = await maintaining.add_locations([draft], by=by.person)
        assert isinstance(added, Added), f"the code {sscc} was given out twice"
        await execute(_INSERT, one.id, added.ids[0], sscc)
        body = {"carton": sscc}
        await events.record("notice.carton", f"sn:{one.id}", body, by=by.person, device=by.device)
        return next(each for each in (await surveying.cartons([one.id]))[one.id] if each.sscc == sscc)


def _sscc(number: int) -> str:
    body = f"0{COMPANY}{number:09}"
    return next(body + digit for digit in "0123456789" if gs1.check_digit_fits(body + digit))


async def seal(carton_id: int, size: Size, *, by: By) -> Done | NotNow | Missing:
    """Close a carton with its weight and size."""
    async with writing():
        found = await _carton(carton_id, by)
        if found is None:
            return Missing()
        if found.state == "sealed":
            return NotNow(("state",))
        await execute(
            _SEAL, clock.now(), size.weight_g, size.length_mm, size.width_mm, size.height_mm, found.id
        )
        await execute(_WEIGHT, found.notice, found.notice)
        body = {"carton": found.sscc, "weight": f"{size.weight_g} g"}
        await events.record("notice.sealed", f"sn:{found.notice}", body, by=by.person, device=by.device)
        return Done(found.id, "sealed")


async def reopen(carton_id: int, *, by: By) -> Done | NotNow | Missing:
    """Open a sealed carton again; whatever is changed in it voids the check."""
    async with writing():
        found = await _carton(carton_id, by)
        if found is None:
            return Missing()
        if found.state != "sealed":
            return NotNow(("state",))
        await execute(_REOPEN, found.id)
        body = {"carton": found.sscc}
        await events.record("notice.reopened", f"sn:{found.notice}", body, by=by.person, device=by.device)
        return Done(found.id, "open")


async def _carton(carton_id: int, by: By) -> Carton | None:
    rows = await fetch(_ONE, carton_id)
    one = await surveying.notice(rows[0][0], by.warehouses) if rows else None
    if one is None or one.state not in notice.LIVE:
        return None
    return next(each for each in (await surveying.cartons([one.id]))[one.id] if each.id == carton_id)
