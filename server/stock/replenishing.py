"""Keep one task open for each pick bin that runs low: bring goods from reserve, what expires first first.

What is open follows from the levels and balances alone; a move that fills the bin ends its task, whoever made
it and on whatever screen.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec

from server import clock, feed, quantity
from server.config import settings
from server.db import Statement, as_json, execute, fetch
from server.stock import availability, flow, level, promising, queries
from server.stock.availability import Take
from server.stock.level import Wanted

KIND = "replenish"

FILLED = Statement(
    "SELECT 1 FROM stock_level WHERE home IS NOT NULL AND item IN (SELECT value FROM json_each(?)) LIMIT 1",
    "SELECT 1 FROM stock_level WHERE home IS NOT NULL"
    " AND item IN (SELECT (json_array_elements_text(?::text::json))::int) LIMIT 1",
)
"""Whether any of these items has a pick bin that is filled up from reserve."""
_OPEN = Statement(
    "SELECT id, subject, warehouse, body FROM task WHERE kind = 'replenish' AND closed_at IS NULL"
    " AND item IN (SELECT value FROM json_each(?))",
    "SELECT id, subject, warehouse, body FROM task WHERE kind = 'replenish' AND closed_at IS NULL"
    " AND item IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_BLIND = Statement("SELECT id FROM location WHERE warehouse = ? AND is_blind")
_NEW = Statement(
    "INSERT INTO task (kind, subject, warehouse, location, item, reason, opened_at, operation, body)"
    " VALUES ('replenish', ?, ?, ?, ?, 'below_refill', ?, '', ?) RETURNING id"
)
_REWRITE = Statement("UPDATE task SET body = ? WHERE id = ?")
_CLOSE = Statement("UPDATE task SET closed_at = ? WHERE id = ?")


async def refresh(items: Collection[int]) -> None:
    """Look at the pick bins of these items again; inside the transaction that moved them.

    Most items have no bin that is filled up: ask `FILLED` first.
    """
    wanted = [one for one in (await queries.levels_of(items)).values() if one.home is not None]
    standing = {row["subject"]: row for row in await fetch(_OPEN, as_json(sorted(items)))}
    if not wanted and not standing:
        return
    today = flow.day_of(clock.now(), settings().timezone)
    for one in wanted:
        takes = await _takes(one, today)
        was = standing.pop(_subject(one), None) if takes else None
        if takes:
            await _ask(one, takes, was)
    for row in standing.values():
        await execute(_CLOSE, clock.now(), row["id"])
        feed.drop(f"warehouse:w-{row['warehouse']}", "task", f"t-{row['id']}")


async def _takes(one: Wanted, today: date) -> list[Take]:
    """What to bring from where; nothing when the bin holds enough, or nothing lies elsewhere.

    A place that is being counted blind neither gets nor gives: how much it lacks or has would tell the counter.
    """
    lumps = await promising.lumps(one.item, one.warehouse)
    lacks = level.to_bring(one, lumps)
    if lacks <= 0:
        return []
    blind = {row[0] for row in await fetch(_BLIND, one.warehouse)}
    if one.home in blind:
        return []
    elsewhere = [lump for lump in lumps if lump.location != one.home and lump.location not in blind]
    return availability.plan(elsewhere, lacks, rule="fefo", day=today).takes


async def _ask(one: Wanted, takes: list[Take], was: Any) -> None:
    body = {
        "kind": KIND,
        "item": f"i-{one.item}",
        "location": f"l-{one.home}",
        "reason": "below_refill",
        "takes": [_told(take) for take in takes],
    }
    encoded = msgspec.json.encode(body).decode()
    if was is None:
        now = clock.now()
        rows = await execute(_NEW, _subject(one), one.warehouse, one.home, one.item, now, encoded)
        task = int(rows[0][0])
    else:
        task = was["id"]
        if was["body"] != encoded:
            await execute(_REWRITE, encoded, task)
    feed.put(f"warehouse:w-{one.warehouse}", "task", f"t-{task}", body)


def _told(take: Take) -> dict[str, str]:
    told = {"source": f"l-{take.location}", "quantity": quantity.format(take.quantity)}
    return told | {name: text for name, text in (("lot", take.lot), ("serial", take.serial)) if text}


def _subject(one: Wanted) -> str:
    return f"i-{one.item}/l-{one.home}"
