"""The ledger as lines of JSON: every movement, with the operation that caused it."""

from collections.abc import AsyncIterator
from typing import Any

from server import clock, quantity
from server.db import Row, Statement, fetch

_MOVEMENTS = Statement(
    "SELECT m.id, m.operation, m.leg, m.kind, m.act, m.item, i.code AS item_code, m.lot, m.serial, m.owner,"
    " m.quantity, m.source, s.code AS source_code, s.kind AS source_kind, m.target, t.code AS target_code,"
    " t.kind AS target_kind, m.event_at, m.posted_at, m.document, m.reason, m.user_id, m.device, m.cost, m.reverses"
    " FROM movement m JOIN item i ON i.id = m.item JOIN location s ON s.id = m.source"
    " JOIN location t ON t.id = m.target WHERE m.id > ? ORDER BY m.id LIMIT 5000"
)


async def lines() -> AsyncIterator[dict[str, Any]]:
    """Every movement in posting order, quantities as decimal strings, moments as ISO 8601."""
    last = 0
    while rows := await fetch(_MOVEMENTS, last):
        for row in rows:
            yield _line(row)
        last = rows[-1][0]


def _line(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "operation": row["operation"],
        "leg": row["leg"],
        "kind": row["kind"],
        "act": row["act"],
        "item": f"i-{row['item']}",
        "item_code": row["item_code"],
        "lot": row["lot"],
        "serial": row["serial"],
        "owner": row["owner"],
        "quantity": quantity.format(row["quantity"]),
        "source": f"l-{row['source']}",
        "source_code": row["source_code"],
        "source_kind": row["source_kind"],
        "target": f"l-{row['target']}",
        "target_code": row["target_code"],
        "target_kind": row["target_kind"],
        "event_at": clock.iso(row["event_at"]),
        "posted_at": clock.iso(row["posted_at"]),
        "document": row["document"],
        "reason": row["reason"],
        "user": f"u-{row['user_id']}" if row["user_id"] else None,
        "device": f"d-{row['device']}" if row["device"] else None,
        "cost": row["cost"],
        "reverses": row["reverses"] or None,
    }
