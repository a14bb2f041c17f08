"""Posting: the ledger is written, and in the same transaction the documents follow what was posted.

Everybody who posts comes through here: what devices report, what a person decides later, what the desk does.
"""

from collections.abc import Mapping

from server.counts import following as counts
from server.inbound import following as inbound
from server.outbound import checking, ordering
from server.outbound import following as outbound
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
    await ledger.post(world.book, origins, world.lots)
    await reading.store_lots(world)
    # Most scans name no document: then nothing is asked.
    named = [posting for posting in world.book.postings if posting.flow.document]
    if named:
        await inside.follow(named, origins)
        await inbound.follow(named, origins)
    if named or world.looks:
        await outbound.follow(named, origins, await checking.record(world.looks.values(), origins))
    await counts.follow(world.book, origins)
    if moved := {
        cell.item for cell in world.book.changed() if world.book.places[cell.location].kind == "bin"
    }:
        await replenishing.follow(moved)
    if gone := _went_or_was_counted(world.book):
        await outbound.heal(gone)
    if came := _came(world.book):
        await ordering.serve_backorders(came)


def _came(book: Book) -> set[Goods]:
    """What bins hold more of than before: somebody may have waited for it."""
    return {
        Goods(cell.item, book.places[cell.location].warehouse)
        for cell in book.changed()
        if book.places[cell.location].kind == "bin"
        and cell.owner == 0
        and book.raw[cell] > max(0, book.opening.get(cell, 0))
    }


def _went_or_was_counted(book: Book) -> list[Cell]:
    """The bins' cells that hold less than before: somebody else may have been promised what lay there."""
    return [
        cell
        for cell in book.changed()
        if book.places[cell.location].kind == "bin" and book.raw[cell] < book.opening.get(cell, 0)
    ]
