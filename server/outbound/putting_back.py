"""Ask for what was picked and is not to leave: one task of a notice says what goes from which tote to which bin.

It follows from the movements alone; whatever brings the goods back ends it, whoever does it and on whatever screen.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from server import clock, feed, quantity
from server.db import Statement, execute, fetch
from server.outbound.change import PutBack

KIND = "put_back"

_OPEN = Statement("SELECT id, body FROM task WHERE kind = 'put_back' AND subject = ? AND closed_at IS NULL")
_NEW = Statement(
    "INSERT INTO task (kind, subject, warehouse, location, item, reason, opened_at, operation, body)"
    " VALUES ('put_back', ?, ?, ?, ?, ?, ?, '', ?) RETURNING id"
)
_REWRITE = Statement("UPDATE task SET body = ? WHERE id = ?")
_CLOSE = Statement("UPDATE task SET closed_at = ? WHERE id = ?")


async def ask(
    document: str,
    number: str,
    warehouse: int,
    backs: Sequence[PutBack],
    people: Iterable[int],
    *,
    reason: str,
) -> None:
    """Keep the task of this notice in step; `people` picked for it, and know where that was."""
    standing = await fetch(_OPEN, document)
    scope = f"warehouse:w-{warehouse}"
    if not backs:
        for row in standing:
            await execute(_CLOSE, clock.now(), row["id"])
            feed.drop(scope, "task", f"t-{row['id']}")
        return
    body: dict[str, Any] = {
        "kind": KIND,
        "document": document,
        "number": number,
        "reason": reason,
        "people": [f"u-{person}" for person in sorted(people)],
        "takes": [_told(one) for one in backs],
    }
    encoded = msgspec.json.encode(body).decode()
    if standing:
        task = standing[0]["id"]
        if standing[0]["body"] != encoded:
            await execute(_REWRITE, encoded, task)
    else:
        first = backs[0]
        values = (document, warehouse, first.source, first.item, reason, clock.now(), encoded)
        task = (await execute(_NEW, *values))[0][0]
    feed.put(scope, "task", f"t-{task}", body)


def _told(one: PutBack) -> dict[str, str]:
    told = {
        "item": f"i-{one.item}",
        "quantity": quantity.format(one.quantity),
        "source": f"l-{one.source}",
        "target": f"l-{one.target}",
    }
    return told | {name: text for name, text in (("lot", one.lot), ("serial", one.serial)) if text}
