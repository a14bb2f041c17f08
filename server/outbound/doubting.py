"""Doubt what two pickers took though only one can have: the younger promise is verified, and both orders are named."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from server import clock, feed, quantity
from server.db import Statement, as_json, execute, fetch
from server.outbound import doubt, notice, queries, surveying
from server.outbound.doubt import Taking
from server.outbound.surveying import Notice
from server.stock import promising, raising, wire
from server.stock.availability import Goods
from server.stock.movement import Cell

TO_VERIFY = "to_verify"
"""The incident, and the task, of a notice whose tote may lack what was scanned into it."""

_DEBT = Statement(
    "SELECT b.debt, l.warehouse FROM balance b JOIN location l ON l.id = b.location"
    " WHERE b.item = ? AND b.location = ? AND b.lot = ? AND b.serial = ? AND b.owner = 0"
)
_TAKEN = Statement(
    "SELECT m.document, sum(CASE WHEN m.source = ? THEN m.quantity ELSE -m.quantity END) AS taken FROM movement m"
    " WHERE m.kind = 'flow' AND m.item = ? AND m.lot = ? AND m.serial = ? AND (m.source = ? OR m.target = ?)"
    " AND m.document LIKE 'sn-%' GROUP BY m.document"
)
_SINCE = Statement(*(
    "SELECT n.id, n.state, coalesce(o.confirmed_at, 0) AS since FROM shipment_notice n"
    f" JOIN sales_order o ON o.id = n.order_id WHERE n.id IN ({these})"
    for these in ("SELECT value FROM json_each(?)", "SELECT (json_array_elements_text(?::text::json))::int")
))  # fmt: skip
_STANDING = Statement("SELECT id, subject, body FROM task WHERE kind = 'verify' AND closed_at IS NULL")
_NEW = Statement(
    "INSERT INTO task (kind, subject, warehouse, location, item, reason, opened_at, operation, body)"
    " VALUES ('verify', ?, ?, ?, ?, 'to_verify', ?, '', ?) RETURNING id"
)
_CLOSE = Statement("UPDATE task SET closed_at = ? WHERE id = ?")
_LAY = Statement(
    "UPDATE incident SET closed_at = ?, decision = 'settled' WHERE kind = 'to_verify' AND subject = ?"
    " AND closed_at IS NULL"
)
_TOOK = Statement(
    "SELECT m.document, m.user_id FROM allocation a JOIN movement m ON m.source = a.location AND m.item = a.item"
    " AND m.lot = a.lot AND m.serial = a.serial AND m.kind = 'flow' AND m.posted_at >= a.allocated_at"
    " WHERE a.document = ? AND a.line = ? AND m.document <> a.document ORDER BY m.id DESC LIMIT 1"
)
_NAME = Statement("SELECT coalesce(nullif(display_name, ''), name) FROM user_account WHERE id = ?")


async def follow(cells: Iterable[Cell]) -> None:
    """More lies here in the books than can be, or no longer: ask whoever was promised last to look again."""
    for cell in sorted(cells):
        await _settle(cell)


async def look_again(notices: Iterable[int]) -> None:
    """Somebody looked into the totes of these, or moved something of them: what was doubted of them is judged anew."""
    asked = {f"sn-{one}" for one in notices}
    if not asked:
        return
    bodies = [
        msgspec.json.decode(row["body"])
        for row in await fetch(_STANDING)
        if row["subject"].split("/")[0] in asked
    ]
    await follow({Cell(*body["cell"]) for body in bodies})


async def is_doubted(notice_id: int) -> bool:
    """Whether somebody is to look again before this leaves."""
    return any(row["subject"].split("/")[0] == f"sn-{notice_id}" for row in await fetch(_STANDING))


async def _settle(cell: Cell) -> None:
    rows = await fetch(_DEBT, cell.item, cell.location, cell.lot, cell.serial)
    lacking, warehouse = (int(rows[0][0]), rows[0][1]) if rows else (0, 0)
    takings = await _takings(cell) if lacking else []
    doubted = doubt.doubted(lacking, takings)
    key = wire.balance_key(cell)
    standing = {
        row["subject"]: row["id"] for row in await fetch(_STANDING) if row["subject"].endswith(f"/{key}")
    }
    for number, much in doubted.items():
        subject = f"sn-{number}/{key}"
        if standing.pop(subject, None) is None:
            await _ask(subject, cell, warehouse, number, much, takings)
    for subject, task in standing.items():
        await execute(_CLOSE, clock.now(), task)
        await execute(_LAY, clock.now(), subject)
        feed.drop(f"warehouse:w-{warehouse}", "task", f"t-{task}")


async def _takings(cell: Cell) -> list[Taking]:
    item, place, lot, serial, _ = cell
    rows = await fetch(_TAKEN, place, item, lot, serial, place, place)
    taken = {number: int(row["taken"]) for row in rows if (number := notice.number_of(row["document"]))}
    rows = await fetch(_SINCE, as_json(sorted(taken)))
    since = {row["id"]: row["since"] for row in rows}
    # What has left was there, whatever the book thinks.
    gone = {row["id"] for row in rows if row["state"] == "shipped"}
    shares = await surveying.shares([f"sn-{one}" for one in since])
    seen = await surveying.seen(list(since))
    found = []
    for one in sorted(since):
        is_sure = one in gone or notice.is_looked_into(seen[one], notice.told(shares[f"sn-{one}"]))
        if taken[one] > 0:
            found.append(Taking(since[one], one, taken[one], is_sure))
    return found


async def _ask(
    subject: str, cell: Cell, warehouse: int, number: int, much: int, takings: Sequence[Taking]
) -> None:
    named = {one.id: one for one in await surveying.notices({number, doubt.keeper(number, takings)})}
    mine, other = named[number], named[doubt.keeper(number, takings)]
    story = notice.told((await surveying.shares([mine.document]))[mine.document])
    body: dict[str, Any] = {
        "kind": "verify",
        "document": mine.document,
        "number": mine.number,
        "order": mine.order_number,
        "customer": mine.customer_name,
        "due": mine.due_on,
        "item": f"i-{cell.item}",
        "location": f"l-{cell.location}",
        "quantity": quantity.format(much),
        "people": [f"u-{person}" for person in sorted(story.pickers)],
        "other": _named(other),
        "cell": list(cell),
    }
    encoded = msgspec.json.encode(body).decode()
    values = (subject, warehouse, cell.location, cell.item, clock.now(), encoded)
    task = (await execute(_NEW, *values))[0][0]
    feed.put(f"warehouse:w-{warehouse}", "task", f"t-{task}", body)
    await raising.raise_incident(TO_VERIFY, subject, body, warehouse=warehouse)


def _named(one: Notice) -> dict[str, str]:
    return {
        "document": one.document,
        "number": one.number,
        "order": one.order_number,
        "customer": one.customer_name,
    }


async def who_has_it(one: Notice, line: int, item: int) -> dict[str, str] | None:
    """Who took what a notice was to pick, or who else is promised it: what people ask when something is short."""
    for row in await fetch(_TOOK, one.document, line):
        number = notice.number_of(row["document"])
        if found := await surveying.notices([number] if number else []):
            return _named(found[0])
        names = await fetch(_NAME, row["user_id"])
        return {"person": names[0][0]} if names else None
    held = await promising.holders(Goods(item, one.warehouse), apart=f"so-{one.order_id}", limit=1)
    if not held:
        return None
    numbers = await queries.numbers([held[0].document])
    return {"document": held[0].document, "order": numbers[held[0].document]}
