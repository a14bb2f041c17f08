"""Posting: the ledger is written, and in the same transaction the documents follow what was posted.

Everybody who posts comes through here: what devices report, what a person decides later, what the desk does.
"""

from collections.abc import Collection, Mapping

from server.counts import following as counts
from server.db import fetch_by_keys
from server.inbound import following as inbound
from server.making import backflushing, work
from server.making import following as making
from server.outbound import checking, doubting, ordering
from server.outbound import following as outbound
from server.outbound import queries as orders
from server.stock import following as inside
from server.stock import ledger, replenishing
from server.stock.availability import Goods
from server.stock.book import Book
from server.stock.ledger import Origin
from server.stock.movement import Cell
from server.sync import reading
from server.sync.verdict import World


async def post(world: World, origins: Mapping[str, Origin]) -> None:
    """Write what the world's book posted and what was learnt of lots; then let documents follow."""
    lots = world.lots
    if produced := [one for one in world.book.postings if one.flow.document.startswith(work.PREFIX)]:
        lots = lots | await backflushing.take_components(world.book, produced)
    await ledger.post(world.book, origins, lots)
    await reading.store_lots(world)
    # Most scans name no document: then nothing is asked.
    named = [posting for posting in world.book.postings if posting.flow.document]
    if named:
        await inside.follow(named, origins)
        await inbound.follow(named, origins)
        await making.follow(named, origins)
    if named or world.reports:
        looked = await checking.record(world.reports.values(), origins)
        await outbound.follow(named, origins, looked)
        await doubting.look_again(looked.keys() | outbound.named_in(named))
    await counts.follow(world.book, origins)
    await _follow_bins(world.book)
    if lent := [cell for cell in world.book.changed() if _has_other_debt(world.book, cell)]:
        await doubting.follow(lent)


def _has_other_debt(book: Book, cell: Cell) -> bool:
    return book.places[cell.location].is_real and book.debt(cell) != max(0, -book.opening.get(cell, 0))


async def _follow_bins(book: Book) -> None:
    """What bins hold has changed: pick bins are filled up, promises move elsewhere, who waited is served.

    Docks too: in some warehouses goods are sent from where they came.
    """
    in_bins = [cell for cell in book.changed() if book.places[cell.location].kind in ("bin", "dock")]
    if not in_bins or not await _is_anybody_concerned(in_bins):
        return
    await replenishing.refresh({cell.item for cell in in_bins})
    if gone := [cell for cell in in_bins if book.raw[cell] < book.opening.get(cell, 0)]:
        await outbound.heal(gone)
    came = {
        Goods(cell.item, book.places[cell.location].warehouse)
        for cell in in_bins
        if cell.owner == 0 and book.raw[cell] > max(0, book.opening.get(cell, 0))
    }
    await outbound.find_what_lacked(came)
    await ordering.serve_backorders(came)


async def _is_anybody_concerned(cells: Collection[Cell]) -> bool:
    """Whether a level, an allocation or a backorder touches these; for most scans none does: one trip says so."""
    items, places = ({cell.item for cell in cells}, {cell.location for cell in cells})
    found = await fetch_by_keys(
        {
            replenishing.FILLED: items,
            outbound.SUSPECT: places,
            orders.ANYBODY_WAITS: items,
            outbound.LACKING: None,
        }
    )
    return any(found.values())
