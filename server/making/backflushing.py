"""Post what products took of their components, in the operation that brought the products."""

from collections.abc import Iterable, Sequence

import msgspec

from server import clock
from server.catalog import queries as catalog
from server.making import backflush, queries, work
from server.making.backflush import Passage
from server.making.queries import Work
from server.stock import ledger, promising
from server.stock.availability import Lump
from server.stock.book import Book
from server.stock.lot import Lot
from server.stock.movement import Cell, Flow, Moment, Posting


async def take_components(book: Book, named: Iterable[Posting]) -> dict[tuple[int, str], Lot]:
    """Before the book is written: let orders that backflush take what their products are made of, or give it back.

    Gives the lots that this touched. A product that is reported always takes its components: what their place does
    not hold is lent by suspense like everything that the book cannot follow.
    """
    last = {work.number_of(posting.flow.document): posting for posting in named}
    works = [one for one in await queries.works_by_id([key for key in last if key]) if one.is_backflush]
    if not works:
        return {}
    rows = await queries.passages([one.id for one in works])
    lines = await queries.lines_of([one.id for one in works])
    touched: dict[tuple[int, str], Lot] = {}
    for one in works:
        passages = [*rows[one.id], *_passages_in(book, one)]
        plain = [each.line for each in lines[one.id]]
        kept = await catalog.item_drafts({line.item for line in plain})
        owing = backflush.due(plain, one.product, one.quantity, passages, kept)
        if owing:
            touched |= await _post(book, one, owing, passages, last[one.id])
    return touched


def _passages_in(book: Book, one: Work) -> list[Passage]:
    """What this very book is about to write for an order."""
    found = []
    for posting in book.postings:
        moved = posting.flow
        if moved.document != one.document or posting.kind != "flow":
            continue
        leaves, enters = (book.places[place].kind == "production" for place in (moved.source, moved.target))
        if leaves != enters:
            found.append(
                Passage(
                    name=f"{posting.operation}:{posting.leg}",
                    act=moved.act,
                    item=moved.item,
                    lot=moved.lot,
                    quantity=moved.quantity if enters else -moved.quantity,
                    reverses=moved.reverses,
                )
            )
    return found


async def _post(
    book: Book, one: Work, owing: dict[int, int], passages: Sequence[Passage], cause: Posting
) -> dict[tuple[int, str], Lot]:
    """Write what is owing into the book, in the operation that caused it."""
    assert one.place is not None, "a backflush from nowhere"
    lots = await queries.lots_of(owing)
    lumps = {item: await _lumps(item, one.warehouse, one.place) for item in owing}
    await _open(book, one.place, owing, lots, cause)
    today = clock.today()
    touched = {}
    for item, much in owing.items():
        if much > 0:
            there = [_as_booked(lump, book) for lump in lumps[item]]
            shares = backflush.lots_to_take(there, much, today)
        else:
            shares = backflush.lots_to_give_back(item, -much, passages)
        for code, part in shares:
            _move(book, one, item, code, part if much > 0 else -part, cause)
            touched[item, code] = lots.get((item, code), Lot())
    return touched


async def _lumps(item: int, warehouse: int, place: int) -> list[Lump]:
    return [lump for lump in await promising.lumps(item, warehouse) if lump.location == place]


async def _open(
    book: Book, place: int, items: Iterable[int], lots: Iterable[tuple[int, str]], cause: Posting
) -> None:
    """Read what lies at the place, as far as the book does not know it yet."""
    wanted = ledger.nothing_wanted()
    wanted.places.add(place)
    wanted.cells.update(Cell(item, place) for item in items)
    wanted.cells.update(Cell(item, place, code) for item, code in lots)
    wanted.earliest = cause.event_at
    book.learn(await ledger.open_book(wanted))


def _as_booked(lump: Lump, book: Book) -> Lump:
    """What lies there after all that the book is about to write."""
    cell = Cell(lump.item, lump.location, lump.lot, lump.serial)
    return msgspec.structs.replace(lump, on_hand=book.on_hand(cell))


def _move(book: Book, one: Work, item: int, lot: str, much: int, cause: Posting) -> None:
    assert one.place is not None, "a backflush from nowhere"
    production = book.place_of("production", one.place)
    moved = Flow(
        act=backflush.ACT,
        item=item,
        quantity=abs(much),
        source=one.place if much > 0 else production,
        target=production if much > 0 else one.place,
        lot=lot,
        document=one.document,
    )
    book.move(moved, Moment(cause.event_at, cause.operation))
