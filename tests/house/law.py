"""The nine invariants of the trade as plain SQL and sums, written without the code that has to keep them."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import date, timedelta
from typing import Any

from server.crm import queries as crm
from server.crm.statement import statement
from server.db import Statement, fetch
from server.stock import verifying

REAL = "('bin', 'dock', 'tote', 'carton')"
FACTS = "('stock.receive@1', 'stock.move@1', 'stock.pick@1', 'stock.adjust@1')"

Found = dict[tuple[Any, ...], Any]


async def broken() -> list[str]:
    """Every law that does not hold just now, in words."""
    return [fault for law in LAWS async for fault in law()]


async def rows(sql: str) -> list[tuple[Any, ...]]:
    """What the database says."""
    return [tuple(row) for row in await fetch(Statement(sql))]


async def told(sql: str, words: str) -> AsyncIterator[str]:
    """A fault for every row; there should be none."""
    for row in await rows(sql):
        yield f"{words}: {row}"


async def first() -> AsyncIterator[str]:
    """The sum over all locations, virtual ones included, is nothing: of each item, lot, piece and owner."""
    sums = "SELECT item, lot, serial, owner, sum({0}) FROM {1} GROUP BY 1, 2, 3, 4 HAVING sum({0}) <> 0"
    both = (
        "(SELECT item, lot, serial, owner, quantity AS change FROM movement"
        " UNION ALL SELECT item, lot, serial, owner, -quantity FROM movement) x"
    )
    async for fault in told(sums.format("change", both), "1 movements of an item add up to"):
        yield fault
    async for fault in told(sums.format("on_hand", "balance"), "1 balances of an item add up to"):
        yield fault


async def second() -> AsyncIterator[str]:
    """No real place holds less than nothing, and none owes while it holds something."""
    wrong = (
        "SELECT b.item, l.code, b.lot, b.serial, b.on_hand, b.debt FROM balance b JOIN location l"
        f" ON l.id = b.location WHERE l.kind IN {REAL}"
        " AND (b.on_hand < 0 OR b.debt < 0 OR (b.debt > 0 AND b.on_hand > 0))"
    )
    async for fault in told(wrong, "2 a real place"):
        yield fault


async def third() -> AsyncIterator[str]:
    """Reserved ≥ 0; of an item in a warehouse no more is allocated than reserved, of a line no more than asked."""
    async for fault in told(
        "SELECT document, line, quantity FROM reservation WHERE quantity < 0", "3 reserved below nothing"
    ):
        yield fault
    reserved: dict[tuple[Any, ...], int] = defaultdict(int)
    for item, house, much in await rows(
        "SELECT item, warehouse, sum(quantity) FROM reservation GROUP BY 1, 2"
    ):
        reserved[item, house] = int(much)
    pinned = (
        "SELECT a.item, l.warehouse, sum(a.quantity - a.picked) FROM allocation a JOIN location l ON l.id = a.location"
        " WHERE a.state = 'open' GROUP BY 1, 2"
    )
    for item, house, much in await rows(pinned):
        if not 0 <= int(much) <= reserved[item, house]:
            yield f"3 allocated {much} of item {item} in warehouse {house}, reserved {reserved[item, house]}"


async def fourth() -> AsyncIterator[str]:
    """Nothing is shipped that was not packed and picked, on the notice and on the order."""
    async for fault in told(
        "SELECT notice, id, picked, packed, shipped FROM shipment_notice_line"
        " WHERE shipped < 0 OR shipped > packed OR packed > picked",
        "4 a line of a notice: shipped ≤ packed ≤ picked",
    ):
        yield fault
    async for fault in told(
        "SELECT order_id, id, picked, shipped FROM sales_line WHERE shipped < 0 OR shipped > picked",
        "4 a line of an order: shipped ≤ picked",
    ):
        yield fault
    # What an order says of its lines is what its notices did; of one that was called off, what had left.
    picked = "sum(CASE WHEN n.state = 'cancelled' THEN l.shipped ELSE l.picked END)"
    async for fault in told(
        f"SELECT s.id, s.picked, s.shipped, {picked}, sum(l.shipped) FROM sales_line s"
        " JOIN shipment_notice_line l ON l.order_line = s.id JOIN shipment_notice n ON n.id = l.notice"
        f" GROUP BY s.id, s.picked, s.shipped HAVING s.picked <> {picked} OR s.shipped <> sum(l.shipped)",
        "4 an order and its notices",
    ):
        yield fault


async def fifth() -> AsyncIterator[str]:
    """A reversal is the opposite of one flow, and no flow is taken back twice."""
    async for fault in told(
        "SELECT r.operation, r.leg, r.reverses FROM movement r LEFT JOIN movement m"
        " ON m.operation || ':' || m.leg = r.reverses AND m.kind = 'flow' WHERE r.reverses <> '' AND r.kind = 'flow'"
        " AND (m.id IS NULL OR m.item <> r.item OR m.lot <> r.lot OR m.serial <> r.serial"
        " OR m.quantity <> r.quantity OR m.source <> r.target OR m.target <> r.source)",
        "5 a reversal is not the opposite",
    ):
        yield fault
    async for fault in told(
        "SELECT reverses, count(*) FROM movement WHERE reverses <> '' AND kind = 'flow' GROUP BY 1 HAVING count(*) > 1",
        "5 taken back twice",
    ):
        yield fault


async def sixth() -> AsyncIterator[str]:
    """What movements add up to is what stands: in a real place on hand less debt; suspense has lent just the debts."""
    moved = (
        "SELECT item, place, lot, serial, owner, sum(change) FROM (SELECT item, target AS place, lot, serial, owner,"
        " quantity AS change FROM movement UNION ALL"
        " SELECT item, source, lot, serial, owner, -quantity FROM movement) x GROUP BY 1, 2, 3, 4, 5"
    )
    ledger = {row[:5]: int(row[5]) for row in await rows(moved)}
    kept = {
        row[:5]: int(row[5])
        for row in await rows("SELECT item, location, lot, serial, owner, on_hand FROM balance")
    }
    for cell in sorted(ledger.keys() | kept.keys()):
        if ledger.get(cell, 0) != kept.get(cell, 0):
            yield f"6 cell {cell}: movements say {ledger.get(cell, 0)}, the balance {kept.get(cell, 0)}"
    lent = (
        "SELECT b.item, l.warehouse, sum(CASE WHEN l.kind = 'suspense' THEN b.on_hand ELSE 0 END)"
        " + sum(b.debt) FROM balance b JOIN location l ON l.id = b.location GROUP BY 1, 2 HAVING"
        " sum(CASE WHEN l.kind = 'suspense' THEN b.on_hand ELSE 0 END) + sum(b.debt) <> 0"
    )
    async for fault in told(lent, "6 suspense and debts"):
        yield fault
    for fault in (await verifying.verify()).violations:
        yield f"6 verify: {fault}"


async def seventh() -> AsyncIterator[str]:
    """What is open follows from what stands, not from how it came: debts have their incidents, and only they."""
    owing = {
        tuple(row)
        for row in await rows(
            "SELECT DISTINCT b.item, b.location, b.lot, b.serial FROM balance b WHERE b.debt > 0"
        )
    }
    subjects = await rows("SELECT subject FROM incident WHERE kind = 'suspense' AND closed_at IS NULL")
    if len(subjects) != len(owing):
        yield f"7 {len(owing)} cells owe, {len(subjects)} incidents of suspense are open"
    async for fault in told(
        "SELECT DISTINCT l.code FROM balance b JOIN location l ON l.id = b.location WHERE b.debt > 0 AND NOT EXISTS"
        " (SELECT 1 FROM task t WHERE t.kind = 'count' AND t.closed_at IS NULL AND t.location = b.location)",
        "7 a place owes and nobody is asked to count it",
    ):
        yield fault
    # A place keeps its figures to itself just while somebody is to count it blind.
    async for fault in told(
        "SELECT l.code, l.is_blind FROM location l WHERE l.is_blind <> EXISTS (SELECT 1 FROM count_sheet s"
        " JOIN count_plan p ON p.id = s.plan WHERE s.location = l.id AND p.is_blind"
        " AND s.state IN ('issued', 'recount'))",
        "7 figures of a blind count",
    ):
        yield fault


async def eighth() -> AsyncIterator[str]:
    """Every operation has its movements once: none is lost, none takes effect twice."""
    async for fault in told(
        "SELECT operation, leg, count(*) FROM movement GROUP BY 1, 2 HAVING count(*) > 1", "8 posted twice"
    ):
        yield fault
    async for fault in told(
        "SELECT m.operation FROM movement m LEFT JOIN operation o ON o.id = m.operation WHERE o.id IS NULL",
        "8 a movement of no operation",
    ):
        yield fault
    async for fault in told(
        "SELECT o.id, o.kind, o.outcome, count(m.id) FROM operation o LEFT JOIN movement m ON m.operation = o.id"
        f" AND m.kind = 'flow' WHERE o.kind IN {FACTS} AND o.outcome IN ('applied', 'warning')"
        # A product that takes its components by itself moves them with the same operation.
        ' AND o.body NOT LIKE \'%"quantity":"0"%\''
        " GROUP BY o.id, o.kind, o.outcome HAVING count(m.id) < 1 OR (count(m.id) > 1 AND o.kind <> 'stock.receive@1')",
        "8 a fact and its flows",
    ):
        yield fault
    async for fault in told(
        "SELECT r.id, r.ack, count(o.id), min(o.n), max(o.n) FROM replica r JOIN operation o ON o.replica = r.id"
        " GROUP BY r.id, r.ack HAVING count(o.id) <> r.ack OR min(o.n) <> 1 OR max(o.n) <> r.ack",
        "8 acknowledged and kept",
    ):
        yield fault


async def ninth() -> AsyncIterator[str]:
    """A statement's closing is the opening of the next, and all together are what was sent less what came back."""
    for (customer,) in await rows("SELECT id FROM partner WHERE is_customer"):
        sent, returned = await crm.traded(customer, None)
        days = sorted({one.day for one in sent} | {one.day for one in returned})
        whole = statement(sent, returned, "2000-01-01", "2999-12-31")
        closing, entries = 0, 0
        for since, until in _periods(days):
            one = statement(sent, returned, since, until)
            if one.opening != closing:
                yield f"9 customer {customer}: {since} opens with {one.opening}, before it closed with {closing}"
            closing, entries = one.closing, entries + len(one.entries)
        if (closing, entries) != (whole.closing, len(whole.entries)):
            yield f"9 customer {customer}: periods end with {closing}, everything together with {whole.closing}"


def _periods(days: list[str]) -> Iterable[tuple[str, str]]:
    """Periods of two days, one after the other without a gap, around everything that happened."""
    if not days:
        return
    day, last = date.fromisoformat(days[0]) - timedelta(1), date.fromisoformat(days[-1])
    while day <= last:
        yield day.isoformat(), (day + timedelta(1)).isoformat()
        day += timedelta(2)


LAWS = (first, second, third, fourth, fifth, sixth, seventh, eighth, ninth)


async def balances() -> Found:
    """What every cell holds and owes, empty ones left out: what a reversal has to restore."""
    found = await rows(
        "SELECT item, location, lot, serial, owner, on_hand, debt FROM balance WHERE on_hand <> 0 OR debt <> 0"
    )
    return {row[:5]: row[5:] for row in found}
