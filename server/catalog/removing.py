"""Take items and locations out of the catalogue that nothing has used yet, as an import is undone."""

from collections.abc import Iterable

from server import events, feed
from server.catalog import queries, wire
from server.db import Statement, as_json, execute, writing


def _of(table: str, column: str) -> Statement:
    return Statement(
        f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",
        f"DELETE FROM {table} WHERE {column} IN (SELECT json_array_elements_text(?::text::json)::bigint)",
    )


_DELETE_BARCODES = _of("barcode", "item")
_DELETE_UNITS = _of("unit", "item")
_DELETE_ITEMS = _of("item", "id")
_DELETE_LOCATIONS = _of("location", "id")


async def remove_items(ids: Iterable[int], *, by: int) -> None:
    """Remove these items with their units and codes. The caller knows that nothing refers to them.

    The database itself refuses when something does, since references hold what they refer to.
    """
    async with writing():
        drafts = await queries.item_drafts(ids)
        codes = await queries.live_barcodes_of(drafts)
        wanted = as_json(list(drafts))
        for statement in (_DELETE_BARCODES, _DELETE_UNITS, _DELETE_ITEMS):
            await execute(statement, wanted)
        for code in codes:
            feed.drop(wire.CATALOGUE, "barcode", code.code)
        for item in drafts:
            feed.drop(wire.CATALOGUE, "item", f"i-{item}")
        await events.record_all("item.removed", [(f"item:{item}", drafts[item]) for item in drafts], by=by)


async def remove_locations(ids: Iterable[int], *, by: int) -> None:
    """Remove these locations; their zones stay. The caller knows that nothing refers to them."""
    async with writing():
        lines = await queries.locations(ids)
        drafts = {place: queries.location_draft(line) for place, line in lines.items()}
        await execute(_DELETE_LOCATIONS, as_json(list(drafts)))
        for place, draft in drafts.items():
            feed.drop(wire.warehouse_scope(draft.warehouse), "location", f"l-{place}")
        gone = [(f"location:{place}", draft) for place, draft in drafts.items()]
        await events.record_all("location.removed", gone, by=by)
