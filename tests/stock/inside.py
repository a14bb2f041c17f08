"""The words of what goes on inside, for tests: two warehouses, a transfer between them, somebody who carries."""

from datetime import date

import msgspec

from server import quantity
from server.catalog import queries as catalog
from server.catalog.maintaining import Added, Edited, Refused
from server.db import Statement, fetch
from server.documents.line import Line as Typed
from server.stock import queries, transferring
from server.stock.transfer import Goods, Head
from server.sync import performing
from tests import given

DAY = date(2026, 11, 22)
BY = 1

_FEED = Statement("SELECT scope FROM feed_row WHERE kind = ? AND key = ? AND NOT is_deleted ORDER BY scope")
_BODY = Statement("SELECT body FROM feed_row WHERE kind = ? AND key = ? AND NOT is_deleted")
_RESERVED = Statement("SELECT coalesce(sum(quantity), 0) FROM reservation WHERE document = ?")
_EXPECTED = Statement(
    "SELECT w.code, e.due_on, e.quantity FROM expected_goods e JOIN warehouse w ON w.id = e.warehouse"
    " WHERE e.document = ?"
)
_VIRTUAL = Statement(
    "SELECT coalesce(sum(b.on_hand), 0) FROM balance b JOIN item i ON i.id = b.item"
    " JOIN location l ON l.id = b.location"
    " JOIN warehouse w ON w.id = l.warehouse WHERE i.code = ? AND w.code = ? AND l.kind = ?"
)
_SUMS = Statement(
    "SELECT item, sum(on_hand - debt) FROM balance GROUP BY item HAVING sum(on_hand - debt) <> 0"
)


async def line(code: str, amount: int) -> Typed:
    """A line of so many pieces."""
    return Typed(await given.item(code), "件", 1000, amount * 1000, None, None)


async def transfer(wanted: dict[str, int], *, is_direct: bool = False, released: bool = True) -> int:
    """A transfer from MAIN to EAST, released unless it shall stay a draft."""
    head = Head(
        source=await given.warehouse(),
        target=await given.warehouse("EAST", "东仓"),
        is_direct=is_direct,
        due_on="2026-11-25",
    )
    made = await transferring.save(head, [await line(*one) for one in wanted.items()], by=BY)
    assert isinstance(made, Added), made
    if released:
        assert isinstance(await transferring.release(made.ids[0], today=DAY, by=BY), Edited)
    return made.ids[0]


async def one(transfer_id: int) -> queries.Transfer:
    """The transfer as it stands."""
    found = await queries.transfer(transfer_id)
    assert found is not None
    return found


async def goods(code: str, amount: int, at: str, lot: str = "") -> Goods:
    """So much of an item at a place."""
    place = (await catalog.location_ids_by_code([at]))[at]
    return Goods(item=await given.item(code), location=place, lot=lot, quantity=amount * 1000)


async def dock(code: str = "EAST") -> int:
    """The dock of a warehouse."""
    return (await catalog.locations_of_kind(await given.warehouse(code), "dock"))[0].id


async def send(transfer_id: int, *what: Goods) -> Edited | Refused:
    """Let goods leave at the desk."""
    outcome = await transferring.send(
        transfer_id, what, await dock(), perform=performing.carry_out, by=await given.person()
    )
    assert isinstance(outcome, Edited | Refused), outcome
    return outcome


async def receive(transfer_id: int, code: str, amount: int, lot: str = "") -> Edited | Refused:
    """Take goods in at the desk."""
    way = [each for each in await queries.on_the_way(transfer_id) if each.lot == lot]
    item = await given.item(code)
    rows = [msgspec.structs.replace(each, quantity=amount * 1000) for each in way if each.item == item]
    outcome = await transferring.receive(
        transfer_id, rows, await dock(), perform=performing.carry_out, by=await given.person()
    )
    assert isinstance(outcome, Edited | Refused), outcome
    return outcome


async def figures(transfer_id: int) -> list[tuple[str, str, str, str, str]]:
    """What a transfer says of each line: item, wanted, sent, arrived, lost."""
    text = quantity.format
    return [
        (
            each.code,
            text(each.line.quantity),
            text(each.line.sent),
            text(each.line.arrived),
            text(each.line.lost),
        )
        for each in (await queries.transfer_lines([transfer_id]))[transfer_id]
    ]


async def virtual(code: str, warehouse: str, kind: str) -> str:
    """What stands at a virtual place."""
    return quantity.format(int((await fetch(_VIRTUAL, code, warehouse, kind))[0][0]))


async def reserved(document: str) -> str:
    """What is kept for a document."""
    return quantity.format(int((await fetch(_RESERVED, document))[0][0]))


async def expected(document: str) -> list[tuple[str, str, str]]:
    """What a warehouse may count on: where, when, how much."""
    return [(row[0], row[1], quantity.format(int(row[2]))) for row in await fetch(_EXPECTED, document)]


async def told(kind: str, key: str) -> list[str]:
    """The scopes whose devices see a row."""
    return [row[0] for row in await fetch(_FEED, kind, key)]


async def body(kind: str, key: str) -> str:
    """What devices know of it."""
    return str((await fetch(_BODY, kind, key))[0][0])


async def unbalanced() -> list[int]:
    """Items that do not add up to nothing over all places."""
    return [row[0] for row in await fetch(_SUMS)]


def words(outcome: object) -> list[str]:
    """Why something was refused."""
    assert isinstance(outcome, Refused), outcome
    return [fault.word for fault in outcome.faults]
