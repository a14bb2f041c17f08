"""Add, edit and switch off items, bind barcodes, add locations: one at a time or a whole spreadsheet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from server import clock, events, feed
from server.catalog import item, place, queries, search, wire
from server.catalog.barcode import code_key, normalise
from server.catalog.initials import initials
from server.catalog.item import Fault, ItemDraft
from server.catalog.place import LocationDraft
from server.catalog.queries import LiveBarcode
from server.db import Statement, as_json, execute, execute_many, writing


class Added(msgspec.Struct, frozen=True):
    """The ids of what was added, in the order of the drafts."""

    ids: list[int]


class Edited(msgspec.Struct, frozen=True):
    """Everything stands as wanted; `changed` tells which ids really changed."""

    changed: list[int]


class Refused(msgspec.Struct, frozen=True):
    """Nothing was written; every reason at once."""

    faults: list[Fault]

    @classmethod
    def because(cls, word: str) -> "Refused":
        """For a reason that is not about any one field."""
        return cls([Fault(0, "", word)])


class Stale(msgspec.Struct, frozen=True):
    """Somebody else wrote meanwhile; `version` is what stands now."""

    version: int


class Missing(msgspec.Struct, frozen=True):
    """There is no such record."""


class Bound(msgspec.Struct, frozen=True):
    """The code means the item from now on (or did already)."""


class NotBound(msgspec.Struct, frozen=True):
    """Why a code was not bound; `item` is the one it means, when it means another."""

    reason: Literal[
        "missing", "long", "reserved", "no_item", "unit_unknown", "taken", "location", "overtaken"
    ]
    item: int = 0


_INSERT_ITEM = Statement(
    "INSERT INTO item (code, name, unit, scale, has_lots, has_expiry, has_serials, scans_each, is_active,"
    " initials, search, picture, created_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 1)"
)
_UPDATE_ITEM = Statement(
    "UPDATE item SET code = ?, name = ?, unit = ?, scale = ?, has_lots = ?, has_expiry = ?, has_serials = ?,"
    " scans_each = ?, is_active = ?, initials = ?, search = ?, version = version + 1 WHERE id = ?"
)
_INSERT_UNIT = Statement("INSERT INTO unit (item, name, numerator, denominator) VALUES (?, ?, ?, ?)")
_DELETE_UNITS = Statement(
    "DELETE FROM unit WHERE item IN (SELECT value FROM json_each(?))",
    "DELETE FROM unit WHERE item IN (SELECT json_array_elements_text(?::text::json)::bigint)",
)
_INSERT_BARCODE = Statement(
    "INSERT INTO barcode (code, item, unit, factor, kind, valid_from_at, valid_to_at)"
    " VALUES (?, ?, ?, ?, ?, ?, NULL)"
)
_CLOSE_BARCODE = Statement("UPDATE barcode SET valid_to_at = ? WHERE id = ?")
_SET_SEARCH = Statement("UPDATE item SET search = ? WHERE id = ?")
_TOUCH_ITEM = Statement("UPDATE item SET search = ?, version = version + 1 WHERE id = ?")


async def add_items(drafts: Sequence[ItemDraft], *, by: int, are_checked: bool = False) -> Added | Refused:
    """Add all of these items, or none and every reason why.

    `are_checked`: the drafts are tidy and have no faults of their own, as an import's review left them.
    """
    wanted, wrong = (list(drafts), list[Fault]()) if are_checked else _tidied(drafts)
    wrong += item.repeated(wanted)
    async with writing():
        wrong += await _taken(wanted, [0] * len(wanted))
        if wrong:
            return Refused(wrong)
        at = clock.now()
        await execute_many(_INSERT_ITEM, [(*_columns(draft), at) for draft in wanted])
        by_code = await queries.ids_by_code(draft.code for draft in wanted)
        ids = [by_code[draft.code] for draft in wanted]
        standing = dict(zip(ids, wanted, strict=True))
        await _write_units(standing)
        await _write_barcodes(standing, at)
        _put_items(standing)
        await events.record_all(
            "item.added", [(f"item:{new}", draft) for new, draft in standing.items()], by=by
        )
        return Added(ids)


async def edit_items(changes: Mapping[int, ItemDraft], *, by: int) -> Edited | Refused:
    """Make all of these items read as their drafts say, or none and every reason why."""
    ids = list(changes)
    wanted, wrong = _tidied(changes.values())
    wrong += item.repeated(wanted)
    async with writing():
        before = await queries.item_drafts(ids)
        assert before.keys() == changes.keys(), "editing items that do not exist"
        wrong += await _taken(wanted, ids)
        wrong += await _against_the_book(before, wanted, ids)
        if wrong:
            return Refused(wrong)
        after = {key: draft for key, draft in zip(ids, wanted, strict=True) if draft != before[key]}
        await _rewrite(before, after, by)
        return Edited(list(after))


def _tidied(drafts: Iterable[ItemDraft]) -> tuple[list[ItemDraft], list[Fault]]:
    tidy = [item.tidy(draft) for draft in drafts]
    return tidy, [fault for index, draft in enumerate(tidy) for fault in item.faults(draft, index)]


async def edit_item(
    item_id: int, draft: ItemDraft, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Edit one item that its editor saw at `version`."""
    async with writing():
        standing = await queries.item_version(item_id)
        if standing is None:
            return Missing()
        if standing != version:
            return Stale(standing)
        return await edit_items({item_id: draft}, by=by)


async def switch_items(ids: Iterable[int], *, is_active: bool, by: int) -> Edited | Refused:
    """Switch items on or off; what is off keeps its history and stock but is not offered any more."""
    async with writing():
        drafts = await queries.item_drafts(ids)
        wanted = {key: msgspec.structs.replace(draft, is_active=is_active) for key, draft in drafts.items()}
        return await edit_items(wanted, by=by)


async def _taken(wanted: Sequence[ItemDraft], ids: Sequence[int]) -> list[Fault]:
    """Codes that other items carry, and barcodes that mean other items and stay theirs."""
    own = set(ids)
    carriers = await queries.ids_by_code(draft.code for draft in wanted)
    keys = [barcode.code for draft in wanted for barcode in draft.barcodes]
    meaning = await queries.live_barcodes(keys)
    found: list[Fault] = []
    for index, (draft, key) in enumerate(zip(wanted, ids, strict=True)):
        if carriers.get(draft.code, key) != key:
            found.append(Fault(index, "code", "catalog.fault.code_taken"))
        for position, barcode in enumerate(draft.barcodes):
            # An item of the same set may give its barcode to another; `repeated` sees to it that it does.
            live = meaning.get(barcode.code)
            if live is not None and live.item != key and live.item not in own:
                found.append(Fault(index, f"barcodes.{position}.code", "catalog.fault.barcode_taken"))
    return found


async def _against_the_book(
    before: Mapping[int, ItemDraft], wanted: Sequence[ItemDraft], ids: Sequence[int]
) -> list[Fault]:
    """Changes that would make wrong what the ledger already holds."""
    touched = {
        key: (index, draft)
        for index, (key, draft) in enumerate(zip(ids, wanted, strict=True))
        if item.touches_the_book(before[key], draft)
    }
    uses = await queries.uses(touched) if touched else {}
    return [
        fault
        for key, use in uses.items()
        for fault in item.faults_of_change(before[key], touched[key][1], use, touched[key][0])
    ]


async def _rewrite(before: Mapping[int, ItemDraft], after: Mapping[int, ItemDraft], by: int) -> None:
    await execute_many(_UPDATE_ITEM, [(*_columns(draft), key) for key, draft in after.items()])
    await execute(_DELETE_UNITS, as_json([key for key in after if before[key].units != after[key].units]))
    await _write_units({key: draft for key, draft in after.items() if before[key].units != draft.units})
    former = {key: before[key].code for key, draft in after.items() if before[key].code != draft.code}
    await _write_barcodes(after, clock.now(), former)
    _put_items(after)
    await events.record_all(
        "item.edited",
        [(f"item:{key}", item.differences(before[key], draft)) for key, draft in after.items()],
        by=by,
    )


def _columns(draft: ItemDraft) -> tuple[object, ...]:
    letters = initials(draft.name)
    return (
        draft.code,
        draft.name,
        draft.unit,
        draft.scale,
        draft.has_lots,
        draft.has_expiry,
        draft.has_serials,
        draft.scans_each,
        draft.is_active,
        letters,
        _searchable(draft),
    )


def _searchable(draft: ItemDraft, more: Iterable[str] = ()) -> str:
    codes = [barcode.code for barcode in draft.barcodes]
    return search.text_of(draft.code, draft.name, initials(draft.name), more=[*codes, *more])


async def _write_units(standing: Mapping[int, ItemDraft]) -> None:
    rows = [
        (key, unit.name, unit.numerator, unit.denominator)
        for key, draft in standing.items()
        for unit in draft.units
    ]
    if rows:
        await execute_many(_INSERT_UNIT, rows)


def _put_items(standing: Mapping[int, ItemDraft]) -> None:
    rows = (wire.item_row(key, draft, initials(draft.name)) for key, draft in standing.items())
    feed.put_all(wire.CATALOGUE, "item", ((key, body) for _, _, key, body in rows))


Meaning = tuple[int, str, int, str]
"""What a code should mean: item, unit, factor, kind."""


async def _write_barcodes(
    standing: Mapping[int, ItemDraft], at: int, former: Mapping[int, str] | None = None
) -> None:
    """Let the codes of these items mean what the drafts say: close what changed, then open the new."""
    live = {row.code: row for row in await queries.live_barcodes_of(standing)}
    wanted = _meanings(standing)
    aliases = {row.code: _meaning(row) for row in live.values() if row.kind == "code"}
    aliases |= {normalise(code): _alias(key, standing[key]) for key, code in (former or {}).items()}
    own_codes = {normalise(draft.code) for draft in standing.values()}
    for key, row in (await queries.live_barcodes(own_codes | aliases.keys())).items():
        if row.kind == "code":
            live.setdefault(key, row)
        elif row.item not in standing:
            aliases.pop(key, None)
    # A code outranks a former code: who carried it before lets it go. So does a barcode.
    for key in aliases.keys() - own_codes - wanted.keys():
        wanted[key] = aliases[key]
    await _replace_meanings(live, wanted, at)
    await _remember_aliases(standing, wanted)


def _meanings(standing: Mapping[int, ItemDraft]) -> dict[str, Meaning]:
    wanted: dict[str, Meaning] = {}
    for key, draft in standing.items():
        for barcode in draft.barcodes:
            factor = item.factor(draft, barcode.unit)
            assert factor is not None, "a barcode in a unit that faults() lets pass"
            wanted[barcode.code] = (key, barcode.unit, factor, "barcode")
    return wanted


def _alias(key: int, draft: ItemDraft) -> Meaning:
    factor = item.factor(draft, draft.unit)
    assert factor is not None
    return key, draft.unit, factor, "code"


def _meaning(row: LiveBarcode) -> Meaning:
    return row.item, row.unit, row.factor, row.kind


async def _replace_meanings(live: Mapping[str, LiveBarcode], wanted: Mapping[str, Meaning], at: int) -> None:
    gone = [row for key, row in live.items() if wanted.get(key) != _meaning(row)]
    new = {
        key: meaning for key, meaning in wanted.items() if key not in live or _meaning(live[key]) != meaning
    }
    if gone:
        await execute_many(_CLOSE_BARCODE, [(max(at, row.valid_from_at), row.id) for row in gone])
    if new:
        rows = [(key, target, unit, factor, kind, at) for key, (target, unit, factor, kind) in new.items()]
        await execute_many(_INSERT_BARCODE, rows)
    for row in gone:
        feed.drop(wire.CATALOGUE, "barcode", row.code)
    opened = (wire.barcode_row(key, target, unit, factor) for key, (target, unit, factor, _) in new.items())
    feed.put_all(wire.CATALOGUE, "barcode", ((key, body) for _, _, key, body in opened))


async def _remember_aliases(standing: Mapping[int, ItemDraft], wanted: Mapping[str, Meaning]) -> None:
    """Items are found by their former codes too."""
    former: dict[int, list[str]] = defaultdict(list)
    for key, (target, _, _, kind) in wanted.items():
        if kind == "code" and target in standing:
            former[target].append(key)
    if former:
        rows = [(_searchable(standing[key], codes), key) for key, codes in former.items()]
        await execute_many(_SET_SEARCH, rows)


async def bind_barcode(
    code: str, item_id: int, unit: str, factor: int, *, by: int, at: int, device: int = 0
) -> Bound | NotBound:
    """Let a scanned code mean an item in a unit from `at` on. `factor` is thousandths of the base unit."""
    key = normalise(code)
    async with writing():
        draft = (await queries.item_drafts([item_id])).get(item_id)
        if draft is None:
            return NotBound("no_item")
        live = (await queries.live_barcodes([key])).get(key)
        if refusal := await _refusal(key, draft, item_id, unit, factor, live, at):
            return refusal
        meaning: Meaning = (item_id, unit, factor, "barcode")
        if live is not None and _meaning(live) == meaning:
            return Bound()
        await _replace_meanings({key: live} if live else {}, {key: meaning}, at)
        bound = (await queries.item_drafts([item_id]))[item_id]
        await execute(_TOUCH_ITEM, _searchable(bound), item_id)
        body = {"code": key, "unit": unit, "factor": factor}
        await events.record("barcode.bound", f"item:{item_id}", body, by=by, device=device)
        return Bound()


async def _refusal(
    key: str, draft: ItemDraft, item_id: int, unit: str, factor: int, live: LiveBarcode | None, at: int
) -> NotBound | None:
    match item.fault_of_code(key):
        case "missing":
            return NotBound("missing")
        case "long":
            return NotBound("long")
        case "reserved":
            return NotBound("reserved")
    if item.factor(draft, unit) != factor:
        return NotBound("unit_unknown")
    if live is not None and live.item != item_id:
        return NotBound("taken", live.item)
    if live is not None and live.valid_from_at > at:
        # A device that was offline speaks of the past; what somebody decided later stands.
        return NotBound("overtaken", live.item)
    carriers = await queries.ids_by_code({key, code_key(key)})
    if other := next((carrier for carrier in carriers.values() if carrier != item_id), None):
        return NotBound("taken", other)
    return NotBound("location") if await queries.location_ids_by_code([code_key(key)]) else None


_INSERT_ZONE = Statement("INSERT INTO zone (warehouse, code, name) VALUES (?, ?, '')")
_INSERT_LOCATION = Statement(
    "INSERT INTO location (code, warehouse, zone, kind, aisle, bay, level, is_active, version)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
)
_UPDATE_LOCATION = Statement(
    "UPDATE location SET code = ?, zone = ?, kind = ?, aisle = ?, bay = ?, level = ?, is_active = ?,"
    " version = version + 1 WHERE id = ?"
)


async def add_locations(drafts: Sequence[LocationDraft], *, by: int) -> Added | Refused:
    """Add all of these locations, and the zones they name, or none and every reason why."""
    wanted = [place.tidy(draft) for draft in drafts]
    wrong = [fault for index, draft in enumerate(wanted) for fault in place.faults(draft, index)]
    wrong += place.repeated(wanted)
    async with writing():
        carriers = await queries.location_ids_by_code(draft.code for draft in wanted)
        wrong += [
            Fault(index, "code", "catalog.fault.code_taken")
            for index, draft in enumerate(wanted)
            if draft.code in carriers
        ]
        if wrong:
            return Refused(wrong)
        return Added(await add_places(wanted, by=by))


async def add_places(wanted: Sequence[LocationDraft], *, by: int) -> list[int]:
    """Write checked locations of any kind, inside a transaction; gives their ids in order."""
    zones = await _zones_of(wanted)
    await execute_many(_INSERT_LOCATION, [_place_columns(draft, zones) for draft in wanted])
    by_code = await queries.location_ids_by_code(draft.code for draft in wanted)
    standing = {by_code[draft.code]: draft for draft in wanted}
    _put_locations(standing)
    await events.record_all(
        "location.added", [(f"location:{new}", draft) for new, draft in standing.items()], by=by
    )
    return list(standing)


async def edit_locations(changes: Mapping[int, LocationDraft], *, by: int) -> Edited | Refused:
    """Make all of these real locations read as their drafts say, or none and every reason why."""
    ids = list(changes)
    wanted = [place.tidy(draft) for draft in changes.values()]
    wrong = [fault for index, draft in enumerate(wanted) for fault in place.faults(draft, index)]
    wrong += place.repeated(wanted)
    async with writing():
        before = {key: queries.location_draft(line) for key, line in (await queries.locations(ids)).items()}
        assert before.keys() == changes.keys(), "editing locations that do not exist"
        carriers = await queries.location_ids_by_code(draft.code for draft in wanted)
        for index, (key, draft) in enumerate(zip(ids, wanted, strict=True)):
            assert before[key].warehouse == draft.warehouse, "a location cannot leave its warehouse"
            if carriers.get(draft.code, key) != key:
                wrong.append(Fault(index, "code", "catalog.fault.code_taken"))
        if wrong:
            return Refused(wrong)
        after = {key: draft for key, draft in zip(ids, wanted, strict=True) if draft != before[key]}
        await _rewrite_places(before, after, by)
        return Edited(list(after))


async def _rewrite_places(
    before: Mapping[int, LocationDraft], after: Mapping[int, LocationDraft], by: int
) -> None:
    zones = await _zones_of(list(after.values()))
    rows = []
    for key, draft in after.items():
        code, _, *rest = _place_columns(draft, zones)
        rows.append((code, *rest, key))
    if rows:
        await execute_many(_UPDATE_LOCATION, rows)
    _put_locations(after)
    changed = [(f"location:{key}", place.differences(before[key], draft)) for key, draft in after.items()]
    await events.record_all("location.edited", changed, by=by)


async def _zones_of(drafts: Sequence[LocationDraft]) -> dict[tuple[int, str], int]:
    """The zones that these drafts name, made where they are missing."""
    named = dict.fromkeys((draft.warehouse, draft.zone) for draft in drafts if draft.zone)
    found = await queries.zone_ids(warehouse for warehouse, _ in named)
    if missing := [zone for zone in named if zone not in found]:
        await execute_many(_INSERT_ZONE, missing)
        found = await queries.zone_ids(warehouse for warehouse, _ in named)
    return found


def _place_columns(draft: LocationDraft, zones: Mapping[tuple[int, str], int]) -> tuple[object, ...]:
    zone = zones[draft.warehouse, draft.zone] if draft.zone else None
    return (
        draft.code,
        draft.warehouse,
        zone,
        draft.kind,
        draft.aisle,
        draft.bay,
        draft.level,
        draft.is_active,
    )


def _put_locations(standing: Mapping[int, LocationDraft]) -> None:
    for key, draft in standing.items():
        feed.put(*wire.location_row(key, draft))
