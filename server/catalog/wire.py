"""The catalogue's feed rows, exactly as spec sync §6 names them: (scope, kind, key, body)."""

from typing import Any

from server import quantity
from server.catalog.item import ItemDraft, written_factor
from server.catalog.place import LocationDraft

FeedRow = tuple[str, str, str, dict[str, Any]]

CATALOGUE = "catalogue"


def warehouse_scope(warehouse: int) -> str:
    """The scope of what only one warehouse's devices need."""
    return f"warehouse:w-{warehouse}"


def item_row(item: int, draft: ItemDraft, initials: str) -> FeedRow:
    """An item as every device knows it."""
    body: dict[str, Any] = {
        "code": draft.code,
        "name": draft.name,
        "unit": draft.unit,
        "scale": draft.scale,
        "lot": draft.has_lots,
        "expiry": draft.has_expiry,
        "serial": draft.has_serials,
        "active": draft.is_active,
        "units": [
            {"name": unit.name, "factor": written_factor(unit.numerator, unit.denominator)}
            for unit in draft.units
        ],
        "initials": initials,
    }
    if draft.scans_each:
        body["each"] = True
    return CATALOGUE, "item", f"i-{item}", body


def barcode_row(key: str, item: int, unit: str, factor: int) -> FeedRow:
    """What one scan of a code means now; `factor` is thousandths of the base unit."""
    return CATALOGUE, "barcode", key, {"item": f"i-{item}", "unit": unit, "factor": quantity.format(factor)}


def warehouse_row(warehouse: int, code: str, name: str, *, is_active: bool) -> FeedRow:
    """A warehouse, so that a device can name the places it hears of."""
    return CATALOGUE, "warehouse", f"w-{warehouse}", {"code": code, "name": name, "active": is_active}


def location_row(location: int, draft: LocationDraft) -> FeedRow:
    """A location, real or virtual, in the scope of its warehouse."""
    body = {
        "code": draft.code,
        "warehouse": f"w-{draft.warehouse}",
        "zone": draft.zone,
        "kind": draft.kind,
        "aisle": draft.aisle,
        "bay": draft.bay,
        "level": draft.level,
        "active": draft.is_active,
    }
    return warehouse_scope(draft.warehouse), "location", f"l-{location}", body
